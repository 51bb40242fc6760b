import Glibc

extension String {
    /// Byte equality. `==` would also equate strings that only look alike after Unicode
    /// normalisation, and two such keys are two keys on the wire.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && hasSameBytes(asEquallyLong: other)
    }

    @inline(never)
    private func hasSameBytes(asEquallyLong other: String) -> Bool {
        // Short texts lie in two words, and equal words are equal texts whatever they stand for.
        let words = (unsafeBitCast(self, to: (UInt64, UInt64).self), unsafeBitCast(other, to: (UInt64, UInt64).self))
        if words.0 == words.1 { return true }
        let count = utf8.count
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
