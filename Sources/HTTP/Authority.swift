/// `host [":" port]`, as in a Host field or an absolute target. RFC 9110, section 7.2; RFC 3986, section 3.2.
enum Authority {
    /// Whether `bytes` are a host name or an IP literal, with or without a port. User information
    /// (`user@host`) is not part of it and refused: it is used to make one host look like another.
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        if first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let isAddress = HostParser.canonicalIPv6(ArraySlice(bytes[1..<close])) != nil
            return isAddress && isPort(bytes[(close + 1)...])
        }
        let end = bytes.firstIndex(of: Octet.colon) ?? bytes.count
        return isName(bytes[..<end]) && isPort(bytes[end...])
    }

    private static func isName(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard !bytes.isEmpty else { return false }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard ByteClass.contains(bytes[index], .host) else { return false }
            if bytes[index] == Octet.percent {
                guard index + 2 < bytes.endIndex, Octet.hexValue(bytes[index + 1]) != nil,
                    Octet.hexValue(bytes[index + 2]) != nil
                else { return false }
            }
            index += 1
        }
        return true
    }

    /// Nothing, or a colon and at most five digits that fit a port.
    private static func isPort(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let first = bytes.first else { return true }
        let digits = bytes.dropFirst()
        guard first == Octet.colon, digits.count <= 5, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
        return digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) } <= 65_535
    }
}
