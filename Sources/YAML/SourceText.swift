/// Checks the characters of a document before anything reads meaning into them.
enum SourceText {
    /// The text without its byte order mark and with one NUL behind it, which the scanner
    /// takes for the end.
    ///
    /// Refused are invalid UTF-8, control characters, and the characters that PyYAML takes
    /// for line breaks while YAML 1.2 does not (NEL, LINE SEPARATOR, PARAGRAPH SEPARATOR):
    /// a comment would end in one reading and go on in the other.
    static func checked(_ text: [UInt8]) throws(YAMLError) -> [UInt8] {
        let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard text.count - start <= YAMLLimits.bytes else {
            throw YAMLError(
                "the document has \(text.count) bytes, at most \(YAMLLimits.bytes) are read",
                at: YAMLPosition(line: 1, column: 1))
        }
        var line = 1, column = 1, index = start
        while index < text.count {
            let position = YAMLPosition(line: line, column: column)
            guard let (scalar, length) = decode(text, at: index) else {
                throw YAMLError("this is not UTF-8", at: position)
            }
            if let reason = refusal(of: scalar) { throw YAMLError(reason, at: position) }
            index += length
            let endsLine = scalar == 0x0A || (scalar == 0x0D && (index == text.count || text[index] != 0x0A))
            if endsLine {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return text[start...] + [0]
    }

    private static func refusal(of scalar: UInt32) -> String? {
        switch scalar {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E: nil
        case 0x85, 0x2028, 0x2029:
            "the line break character U+\(hex(scalar)) means different things to different readers: write it as an escape in double quotes"
        case 0xFEFF: "a byte order mark belongs at the beginning only"
        case 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: nil
        default: "the character U+\(hex(scalar)) is not allowed: write it as an escape in double quotes"
        }
    }

    /// The scalar that begins at `index` and its bytes; `nil` for overlong forms,
    /// surrogates, truncation and anything else that RFC 3629 does not allow.
    private static func decode(_ text: [UInt8], at index: Int) -> (scalar: UInt32, length: Int)? {
        let first = text[index]
        let (length, minimum): (Int, UInt32)
        switch first {
        case 0x00...0x7F: return (UInt32(first), 1)
        case 0xC2...0xDF: (length, minimum) = (2, 0x80)
        case 0xE0...0xEF: (length, minimum) = (3, 0x800)
        case 0xF0...0xF4: (length, minimum) = (4, 0x10000)
        default: return nil
        }
        guard index + length <= text.count else { return nil }
        var scalar = UInt32(first & (0x7F >> UInt8(length)))
        for byte in text[(index + 1)..<(index + length)] {
            guard byte & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        guard scalar >= minimum, Unicode.Scalar(scalar) != nil else { return nil }
        return (scalar, length)
    }

    private static func hex(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
