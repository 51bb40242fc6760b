package import HTTP
package import Reactor

/// Where images may be fetched from. An address in a model's answer is data, not a place to be
/// trusted: without this list a forged answer could make the gateway fetch from inside the
/// operator's network.
package struct ImageHosts: Sendable {
    /// fal's CDN, and the bucket that older and documented outputs live in.
    package static let ofFal = ["fal.media", "*.fal.media", "storage.googleapis.com/falserverless/"]

    private struct Rule: Sendable {
        let host: String
        /// `*.` before the host: any name below it.
        let coversSubdomains: Bool
        let pathPrefix: String

        init(_ text: String) {
            let slash = text.firstIndex(of: "/") ?? text.endIndex
            let name = text[..<slash].lowercased()
            coversSubdomains = name.hasPrefix("*.")
            host = coversSubdomains ? String(name.dropFirst(2)) : name
            pathPrefix = String(text[slash...])
        }

        func covers(_ url: URL) -> Bool {
            covers(host: url.host) && url.path.hasPrefix(pathPrefix)
        }

        func covers(host name: String) -> Bool {
            coversSubdomains ? name.hasSuffix("." + host) : name == host
        }
    }

    private static let rulesOfFal = ofFal.map(Rule.init)
    private let further: [Rule]

    /// - Parameter further: `general_settings.allowed_image_hosts`: `host`, `*.host` or `host/path/`.
    package init(further: [String] = []) {
        self.further = further.map(Rule.init)
    }

    /// Whether `url` may be fetched for a deployment whose fal is at `base`.
    ///
    /// Listed hosts must be asked by `https`. The deployment's own origin is trusted as it is,
    /// plain `http` included: the operator has already sent the prompt and the key there.
    package func allows(_ url: URL, base: Origin?) -> Bool {
        if url.origin == base { return true }
        return url.scheme == .https && (ImageHosts.rulesOfFal + further).contains { $0.covers(url) }
    }

    /// Whether a connection to `origin` may go to `address`, which its name has resolved to.
    ///
    /// fal's CDN is on the public internet. A name of it that leads into the operator's network is a
    /// forged answer of a name server, or a record that is not fal's any more. What the operator has
    /// named (`allowed_image_hosts`, an `api_base`) may be where it is.
    package func mayConnect(to address: SocketAddress, of origin: Origin) -> Bool {
        if address.isPublic { return true }
        let isOnlyFals = ImageHosts.rulesOfFal.contains { $0.covers(host: origin.host) }
        return !isOnlyFals || further.contains { $0.covers(host: origin.host) }
    }
}
