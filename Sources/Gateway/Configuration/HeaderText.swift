/// What may stand in a header. RFC 9110, sections 5.5 and 5.6.2.
///
/// Checked where the text enters, so that no key with a line break in it ever splits a
/// request to fal in two.
enum HeaderText {
    /// A token.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { byte in
            byte.isASCIILetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Visible characters and blanks between them.
    static func isValue(_ text: String) -> Bool {
        let isBlankAround = text.hasPrefix(" ") || text.hasSuffix(" ") || text.hasPrefix("\t") || text.hasSuffix("\t")
        return !isBlankAround && text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// A credential: visible ASCII without blanks.
    static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Headers that are the client's own business: who calls, and where the message ends.
    static let reserved: Set<String> = [
        "authorization", "connection", "content-length", "content-type", "expect", "host", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
