enum Base64Decoder {
    static func decode(_ text: UnsafeBufferPointer<UInt8>) throws(Base64Error) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        guard text.count % 4 == 0 else { throw Base64Error(offset: firstInvalid(text) ?? text.count) }
        let padding = text.suffix(2).reversed().prefix { $0 == Base64Alphabet.padding }.count
        let fullGroups = text.count / 4 - (padding > 0 ? 1 : 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var isValid = true
        bytes.appendUninitialized(fullGroups * 3) { target in
            isValid = decode(groups: fullGroups, of: text, to: target)
        }
        guard isValid else { throw Base64Error(offset: firstInvalid(text) ?? text.count) }
        if padding > 0 { try decodePadded(text, padding, into: &bytes) }
        return bytes
    }

    /// - Returns: whether every character belongs to the alphabet.
    private static func decode(
        groups: Int, of text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        let values = Base64Alphabet.values
        var seen: UInt8 = 0
        for group in 0..<groups {
            let read = group &* 4
            let write = group &* 3
            let a = values[Int(text[read])]
            let b = values[Int(text[read &+ 1])]
            let c = values[Int(text[read &+ 2])]
            let d = values[Int(text[read &+ 3])]
            seen |= a | b | c | d
            target[write] = a &<< 2 | b &>> 4
            target[write &+ 1] = b &<< 4 | c &>> 2
            target[write &+ 2] = c &<< 6 | d
        }
        return seen & Base64Alphabet.invalid == 0
    }

    private static func decodePadded(
        _ text: UnsafeBufferPointer<UInt8>, _ padding: Int, into bytes: inout [UInt8]
    ) throws(Base64Error) {
        let start = text.count - 4
        var bits: UInt32 = 0
        for index in start..<(text.count - padding) {
            let value = Base64Alphabet.values[Int(text[index])]
            guard value != Base64Alphabet.invalid else { throw Base64Error(offset: index) }
            bits = bits << 6 | UInt32(value)
        }
        let leftover: UInt32 = padding == 1 ? 2 : 4
        guard bits & ((1 << leftover) - 1) == 0 else { throw Base64Error(offset: text.count - padding - 1) }
        bits >>= leftover
        if padding == 1 { bytes.append(UInt8(truncatingIfNeeded: bits >> 8)) }
        bytes.append(UInt8(truncatingIfNeeded: bits))
    }

    private static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        text.firstIndex { Base64Alphabet.values[Int($0)] == Base64Alphabet.invalid }
    }
}
