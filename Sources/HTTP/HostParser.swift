import Glibc

/// Reads the authority of a URL: a name or an IP literal, and perhaps a port. RFC 3986, section 3.2.
enum HostParser {
    /// RFC 1035, section 2.3.4.
    private static let maximumNameBytes = 253
    private static let maximumLabelBytes = 63

    static func parse(_ authority: ArraySlice<UInt8>) throws(InvalidURL) -> (host: String, port: UInt16?) {
        guard !authority.contains(UInt8(ascii: "@")) else { throw InvalidURL("user information") }
        if authority.first == UInt8(ascii: "[") { return try bracketed(authority) }
        let colon = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        return (try name(authority[..<colon]), try port(authority[colon...]))
    }

    private static func bracketed(_ authority: ArraySlice<UInt8>) throws(InvalidURL) -> (host: String, port: UInt16?) {
        guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else {
            throw InvalidURL("no `]` after an IPv6 address")
        }
        guard let host = canonicalIPv6(authority[(authority.startIndex + 1)..<close]) else {
            throw InvalidURL("not an IPv6 address")
        }
        return (host, try port(authority[(close + 1)...]))
    }

    /// - Parameter text: nothing, or a colon and digits. A colon alone means the scheme's own port.
    private static func port(_ text: ArraySlice<UInt8>) throws(InvalidURL) -> UInt16? {
        guard let first = text.first else { return nil }
        guard first == UInt8(ascii: ":") else { throw InvalidURL("something between the host and the port") }
        let digits = text.dropFirst()
        guard !digits.isEmpty else { return nil }
        guard digits.count <= 5, digits.allSatisfy(isDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else {
            throw InvalidURL("the port is not a number from 1 to 65535")
        }
        return port
    }

    private static func name(_ text: ArraySlice<UInt8>) throws(InvalidURL) -> String {
        guard !text.isEmpty else { throw InvalidURL("no host") }
        guard text.count <= maximumNameBytes else { throw InvalidURL("a host name of over \(maximumNameBytes) bytes") }
        var lowered: [UInt8] = []
        lowered.reserveCapacity(text.count)
        var labelBytes = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): lowered.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                lowered.append(byte)
            case UInt8(ascii: ".") where labelBytes > 0:
                lowered.append(byte)
                labelBytes = -1
            case UInt8(ascii: "."): throw InvalidURL("an empty label in the host")
            default: throw InvalidURL("a byte in the host that no name has")
            }
            labelBytes += 1
            guard labelBytes <= maximumLabelBytes else { throw InvalidURL("a label of over 63 bytes in the host") }
        }
        guard labelBytes > 0 else { throw InvalidURL("an empty label in the host") }
        let host = String(decoding: lowered, as: UTF8.self)
        guard lastLabelIsNumber(lowered) else { return host }
        // inet_pton takes four decimal numbers without leading zeros and nothing else.
        var address = in_addr()
        guard inet_pton(AF_INET, host, &address) == 1 else { throw InvalidURL("a malformed IPv4 address") }
        return host
    }

    /// Whether some reader would take the host for an IPv4 address: its last label is a number,
    /// decimal or hexadecimal.
    private static func lastLabelIsNumber(_ host: [UInt8]) -> Bool {
        let last = host[(host.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? 0)...]
        return last.allSatisfy(isDigit) || last.starts(with: "0x".utf8)
    }

    /// The shortest spelling of an IPv6 address, without brackets; `nil` when it is none.
    static func canonicalIPv6(_ literal: ArraySlice<UInt8>) -> String? {
        // inet_pton reads up to the first NUL, so nothing but an address may reach it.
        let isPlausible = literal.allSatisfy { byte in
            isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20 || byte == UInt8(ascii: ":")
                || byte == UInt8(ascii: ".")
        }
        guard isPlausible else { return nil }
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(decoding: literal, as: UTF8.self), &address) == 1 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        return inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)).map { String(cString: $0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
