import Glibc

extension String {
    /// Byte equality. `==` would also equate strings that only look alike after Unicode
    /// normalisation, and two such keys are two keys on the wire.
    func hasSameBytes(as other: String) -> Bool {
        let count = utf8.count
        // `==` compares short texts as two words. It is true for the same bytes, and true for others only beyond ASCII.
        guard count == other.utf8.count, self == other else { return false }
        let same = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, count) == 0
            }
        }
        if case .some(.some(let same)) = same { return same }
        return utf8.elementsEqual(other.utf8)
    }
}
