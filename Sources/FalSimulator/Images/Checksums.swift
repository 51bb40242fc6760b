/// CRC-32 of a PNG chunk: polynomial 0xEDB88320, initial value and final xor all ones.
/// PNG specification, annex D.
struct CRC32 {
    private var register: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { register ^ 0xFFFF_FFFF }

    mutating func update(_ bytes: [UInt8]) {
        for byte in bytes {
            register = Self.table[Int((register ^ UInt32(byte)) & 0xFF)] ^ (register >> 8)
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
        }
    }
}

/// Adler-32 of a zlib stream (RFC 1950, section 8.2), over runs instead of bytes: the sum of a
/// run has a closed form, so that a picture of millions of pixels costs a few steps a row.
struct Adler32 {
    private var a: UInt64 = 1
    private var b: UInt64 = 0

    var value: UInt32 { UInt32(b) << 16 | UInt32(a) }

    /// - Parameter count: at most 2^24, far above a PNG row, so that nothing overflows.
    mutating func update(_ byte: UInt8, count: Int) {
        let (v, n) = (UInt64(byte), UInt64(count))
        b = (b + n * a + v * (n * (n + 1) / 2)) % 65521
        a = (a + n * v) % 65521
    }
}
