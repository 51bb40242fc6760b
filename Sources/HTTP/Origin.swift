/// Where a connection goes: scheme, host and port. URLs with one origin may share connections.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable, Hashable {
        case http, https

        package var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    /// A DNS name in lower case or an IP literal in its canonical form, IPv6 without brackets.
    package let host: String
    package let port: UInt16

    /// What the `Host` field says: the port only where it is not the scheme's own. RFC 9110, section 7.2.
    package var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    package var description: String { "\(scheme.rawValue)://\(authority)" }
}
