package import HTTP
package import Reactor

/// Where webhooks may be sent. A caller names the address, and the gateway stands in a place the
/// caller cannot reach: without rules it could be made to ask the cloud's metadata service, a
/// database's console or the gateway itself.
///
/// Names are judged by what they resolve to, at the moment of connecting: a name that pointed
/// elsewhere when the job was submitted does not get around it.
package struct WebhookTargets: Sendable {
    /// `general_settings.allow_private_webhooks`: addresses of this machine and of private networks,
    /// and plain `http`, which is common there.
    package let allowsPrivate: Bool

    /// Longest address: all fit that browsers and servers agree on.
    package static let longestAddress = 2_000

    package init(allowsPrivate: Bool = false) {
        self.allowsPrivate = allowsPrivate
    }

    /// Reads the address a caller wants its webhook at.
    ///
    /// - Throws: `WebhookTargetError` with what the caller can do about it. Names are not resolved here.
    package func url(_ text: String) throws(WebhookTargetError) -> URL {
        guard text.utf8.count <= Self.longestAddress else {
            throw WebhookTargetError(reason: "it is longer than \(Self.longestAddress) bytes")
        }
        let url: URL
        do {
            url = try URL.parse(text)
        } catch {
            throw WebhookTargetError(reason: error.reason)
        }
        guard url.scheme == .https || allowsPrivate else { throw WebhookTargetError(reason: "it must begin with https://") }
        if let literal = SocketAddress(ip: url.host, port: url.port), !mayConnect(to: literal) {
            throw WebhookTargetError(reason: "\(url.host) is no address of the public internet")
        }
        return url
    }

    /// For `Client(mayConnect:)`: the address is one that a name has resolved to.
    package func mayConnect(to address: SocketAddress) -> Bool {
        allowsPrivate || address.isPublic
    }
}

/// Why no webhook is sent to an address.
package struct WebhookTargetError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { "the webhook's address cannot be used: \(reason)" }
}
