// Strings: RFC 8259, section 7 (escapes) and 8.1 (UTF-8).

extension JSONParser {
    /// Reads a string from its opening quote to behind its closing one. Empty within a value that nobody wants.
    ///
    /// Runs at the speed of a copy: eight bytes are looked at in one step, and UTF-8 is validated
    /// only where a byte beyond ASCII was seen.
    mutating func string() throws(JSONError) -> String {
        let open = position
        let start = open + 1
        var isASCII = true
        position = StringScan.run(bytes, from: start, isASCII: &isASCII)
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            return try stringWithEscapes(from: start, isASCII: isASCII)
        }
        let content = start..<position
        if !isASCII { try validate(content) }
        position += 1
        return isDropping ? "" : checkedString(content, isASCII: isASCII)
    }

    /// Steps over a string of plain ASCII.
    ///
    /// - Returns: what is between its quotes; `nil`, and no step, for any other string.
    mutating func plainCharacters() -> Range<Int>? {
        let start = position + 1
        var isASCII = true
        let end = StringScan.run(bytes, from: start, isASCII: &isASCII)
        guard isASCII, end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        position = end + 1
        return start..<end
    }

    /// Goes on where a plain run of characters stopped at something other than a quote.
    private mutating func stringWithEscapes(from start: Int, isASCII: Bool) throws(JSONError) -> String {
        var isASCII = isASCII
        var runStart = start
        scratch.removeAll(keepingCapacity: true)
        while true {
            if !isASCII { try validate(runStart..<position) }
            scratch.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<position]))
            guard position < bytes.count else {
                throw failure("the document ends inside a string")
            }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return scratch.withUnsafeBufferPointer { Self.copyChecked($0, isASCII: false) }
            case UInt8(ascii: "\\"):
                try escape()
            default:
                throw failure("the control character \(codePoint(bytes[position])) must be written as an escape")
            }
            runStart = position
            isASCII = true
            position = StringScan.run(bytes, from: runStart, isASCII: &isASCII)
        }
    }

    /// Appends what the escape at `position` stands for and steps behind it.
    private mutating func escape() throws(JSONError) {
        guard position + 1 < bytes.count else {
            position = bytes.count
            throw failure("the document ends inside a string")
        }
        let decoded: UInt8
        switch bytes[position + 1] {
        case UInt8(ascii: "\""): decoded = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): decoded = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): decoded = UInt8(ascii: "/")
        case UInt8(ascii: "b"): decoded = 0x08
        case UInt8(ascii: "f"): decoded = 0x0C
        case UInt8(ascii: "n"): decoded = 0x0A
        case UInt8(ascii: "r"): decoded = 0x0D
        case UInt8(ascii: "t"): decoded = 0x09
        case UInt8(ascii: "u"): return appendUTF8(of: try escapedScalar())
        default: throw failure("unknown escape in a string; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
        }
        scratch.append(decoded)
        position += 2
    }

    /// Reads `\uXXXX`, or two of them that make one scalar beyond the basic plane.
    private mutating func escapedScalar() throws(JSONError) -> UInt32 {
        let start = position
        let first = try fourHexDigits()
        switch first {
        case 0xD800..<0xDC00:
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw loneSurrogate(at: start) }
            let second = try fourHexDigits()
            guard 0xDC00..<0xE000 ~= second else { throw loneSurrogate(at: start) }
            return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        case 0xDC00..<0xE000:
            throw loneSurrogate(at: start)
        default:
            return first
        }
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        position += 2
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else { throw failure("the document ends inside a string") }
            guard let digit = hexDigit(bytes[position]) else {
                throw unexpected(expecting: "four hexadecimal digits after \\u")
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private mutating func appendUTF8(of value: UInt32) {
        guard let scalar = Unicode.Scalar(value) else { return }
        scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func loneSurrogate(at start: Int) -> JSONError {
        position = start
        return failure("half of a surrogate pair stands alone; it is no character")
    }

    private mutating func validate(_ range: Range<Int>) throws(JSONError) {
        do {
            _ = try UTF8Span(validating: Span(_unsafeElements: UnsafeBufferPointer(rebasing: bytes[range])))
        } catch {
            position = range.lowerBound + error.byteOffsets.lowerBound
            throw failure("invalid UTF-8")
        }
    }

    func asciiString(_ range: Range<Int>) -> String {
        checkedString(range, isASCII: true)
    }

    private func checkedString(_ range: Range<Int>, isASCII: Bool) -> String {
        Self.copyChecked(UnsafeBufferPointer(rebasing: bytes[range]), isASCII: isASCII)
    }

    /// Copies bytes that were validated before.
    @inline(__always)
    private static func copyChecked(_ content: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String {
        String(copying: UTF8Span(unchecked: Span(_unsafeElements: content), isKnownASCII: isASCII))
    }
}
