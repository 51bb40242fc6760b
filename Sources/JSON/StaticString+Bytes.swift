import Glibc

extension StaticString {
    /// Whether `bytes` are its UTF-8.
    @inline(__always)
    func isSame(as bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == utf8CodeUnitCount else { return false }
        guard let start = bytes.baseAddress else { return true }
        return memcmp(start, utf8Start, bytes.count) == 0
    }
}
