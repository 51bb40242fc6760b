/// Percent-encoding of one path segment. RFC 3986, section 2.1.
enum PercentEncoding {
    /// Leaves unreserved characters as they are.
    static func encode(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isUnreserved) else { return text }
        return text.utf8.reduce(into: "") { result, byte in
            if isUnreserved(byte) {
                result.append(Character(UnicodeScalar(byte)))
            } else {
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// The parts of a path that are not empty, decoded one by one: an encoded slash does not part.
    static func segments(of path: Substring) -> [Substring] {
        var segments: [Substring] = []
        var start = path.startIndex
        while start < path.endIndex {
            let end = path.utf8[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
            let segment = path[start..<end]
            if !segment.isEmpty {
                segments.append(segment.utf8.contains(UInt8(ascii: "%")) ? Substring(decode(segment)) : segment)
            }
            start = end == path.endIndex ? end : path.utf8.index(after: end)
        }
        return segments
    }

    /// A `%` that no two hexadecimal digits follow stands for itself.
    static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[at + 1...at + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                at += 3
            } else {
                decoded.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
