/// Packs codes into bytes, least significant bit first, as deflate (RFC 1951, section 3.1.1)
/// and lossless WebP (RFC 9649, section 3) do.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var count = 0

    init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Appends the `width` low bits of `value`, lowest first. At most 32 at a time.
    mutating func write(_ value: UInt32, width: Int) {
        pending |= UInt64(value) << UInt64(count)
        count += width
        while count >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            count -= 8
        }
    }

    /// Fills the last byte with zero bits and hands everything over.
    consuming func finished() -> [UInt8] {
        if count > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        return bytes
    }
}
