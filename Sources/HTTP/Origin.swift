/// Where a connection goes: scheme, host and port. URLs with one origin may share connections.
///
/// One reference to what the URLs of one place have in common: every job that waits has addresses.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable, Hashable {
        case http, https

        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    private final class Parts: Sendable {
        let scheme: Scheme
        let host: String
        let port: UInt16
        let authority: String
        let text: String

        init(_ scheme: Scheme, _ host: String, _ port: UInt16) {
            self.scheme = scheme
            self.host = host
            self.port = port
            let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            authority = port == scheme.defaultPort ? name : "\(name):\(port)"
            text = "\(scheme.rawValue)://\(authority)"
        }
    }

    private let parts: Parts

    init(scheme: Scheme, host: String, port: UInt16) {
        parts = Parts(scheme, host, port)
    }

    package var scheme: Scheme { parts.scheme }
    /// A DNS name in lower case or an IP literal in its canonical form, IPv6 without brackets.
    package var host: String { parts.host }
    package var port: UInt16 { parts.port }

    /// What the `Host` field says: the port only where it is not the scheme's own. RFC 9110, section 7.2.
    package var authority: String { parts.authority }

    package var description: String { parts.text }

    package static func == (one: Origin, other: Origin) -> Bool {
        one.parts === other.parts || one.parts.text == other.parts.text
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(parts.text)
    }
}
