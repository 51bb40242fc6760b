// What a failed document is told. None of this runs for a good one.

extension JSONParser {
    @inline(never)
    func failure(_ reason: String) -> JSONError {
        JSONError(reason, at: position, in: bytes)
    }

    @inline(never)
    func unexpected(expecting expected: String) -> JSONError {
        unexpected(saying: "expected \(expected)")
    }

    @inline(never)
    func unexpected(saying fault: String) -> JSONError {
        guard position < bytes.count else {
            return failure("\(fault), but the document ends")
        }
        return failure("\(fault), found \(found())")
    }

    /// The character at `position` as a person would name it.
    private func found() -> String {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "\n"): return "the end of the line"
        case 0x21..<0x7F: return "'\(Character(Unicode.Scalar(byte)))'"
        case 0x80...: return "a character beyond ASCII"
        default: return codePoint(byte)
        }
    }

    func codePoint(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A member name for a message: in quotes, and short however long it is.
    func quoted(_ key: String) -> String {
        let limit = 40
        let shown = key.unicodeScalars.count > limit ? key.unicodeScalars.prefix(limit) + "…".unicodeScalars : key.unicodeScalars[...]
        return JSONValue.string(String(String.UnicodeScalarView(shown))).description
    }
}
