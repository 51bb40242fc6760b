/// Writes compact JSON: no blanks, members in their order, numbers as they were written, and only
/// what RFC 8259, section 7, says must be escaped (so no `\/` and no `\u` for readable text).
extension JSONValue {
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        // Most requests and answers fit: one allocation instead of several.
        bytes.reserveCapacity(1024)
        write(into: &bytes)
        return bytes
    }

    /// Appends the value's JSON text.
    package func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: JSON.append("null", to: &bytes)
        case .bool(true): JSON.append("true", to: &bytes)
        case .bool(false): JSON.append("false", to: &bytes)
        case .number(let number): JSON.append(number.lexeme, to: &bytes)
        case .string(let text): JSON.write(text, into: &bytes)
        case .array(let elements): Self.write(elements, into: &bytes)
        case .object(let object): Self.write(object, into: &bytes)
        }
    }

    private static func write(_ elements: [JSONValue], into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            element.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private static func write(_ object: JSONObject, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in object.members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.write(member.key, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension JSON {
    /// Appends `text` as a JSON string, quotes included.
    package static func write(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { content in
            bytes.append(UInt8(ascii: "\""))
            var start = 0
            while true {
                var isASCII = true
                let stop = StringScan.run(content, from: start, isASCII: &isASCII)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<stop]))
                guard stop < content.count else { break }
                appendEscape(of: content[stop], to: &bytes)
                start = stop + 1
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Appends text that is JSON already.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// - Parameter byte: a quote, a backslash or a control character.
    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case ..<0x20:
            bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 0x0F))
        default: bytes.append(byte)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
