/// The tables behind `Base64`, made once at first use and kept for the life of the process.
enum Base64Alphabet {
    static let padding = UInt8(ascii: "=")
    /// In `values`, marks what is no character of the alphabet; no value has this bit.
    static let invalid: UInt8 = 0x80

    /// The character of each 6-bit value.
    static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The two characters of each 12-bit value, the first one in the low byte. Immutable once made.
    nonisolated(unsafe) static let pairs: UnsafePointer<UInt16> = {
        let table = UnsafeMutablePointer<UInt16>.allocate(capacity: 4096)
        for value in 0..<4096 {
            table[value] = UInt16(characters[value >> 6]) | UInt16(characters[value & 63]) << 8
        }
        return UnsafePointer(table)
    }()

    /// The 6-bit value of each character, `invalid` for every other byte. Immutable once made.
    nonisolated(unsafe) static let values: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: invalid, count: 256)
        for (value, character) in characters.enumerated() { table[Int(character)] = UInt8(value) }
        return UnsafePointer(table)
    }()
}

extension [UInt8] {
    /// Appends `count` bytes, every one of which `write` must set.
    mutating func appendUninitialized(_ count: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void) {
        guard count > 0 else { return }
        append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let base = buffer.baseAddress else { return }
                write(base + initialized)
                initialized += count
            }
        }
    }
}
