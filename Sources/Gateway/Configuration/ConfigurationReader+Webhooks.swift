import Fal
import HTTP
import Reactor
import YAML

/// What webhooks need: fal's to this gateway, and the gateway's to its callers.
extension ConfigurationReader {
    /// An `https` URL of host, port and path, without a slash at its end.
    ///
    /// Plain `http` is taken where the host is `localhost` or an address that is not of the public
    /// internet: for a simulator of fal on the same machine or network. fal itself calls neither.
    mutating func reachable(_ place: Place) -> URL? {
        guard let text = nonEmptyText(place) else { return nil }
        guard let base = APIBase.normalized(text), let url = URL(base) else {
            error("this must be a URL like https://images.example.com, without user, query and fragment", at: place)
            return nil
        }
        guard url.scheme == .https || url.isPrivate else {
            error("this must begin with https://; http is for localhost and addresses of private networks", at: place)
            return nil
        }
        return url
    }

    mutating func webhookSecret(_ place: Place) -> WebhookSecret? {
        guard let text = nonEmptyText(place) else { return nil }
        do {
            return try WebhookSecret(text)
        } catch {
            self.error(error.description, at: place)
            return nil
        }
    }

    mutating func checkFollowing(in root: Place) {
        guard configuration.following == .webhook, configuration.publicURL == nil,
            let general = root.node["general_settings"], let following = general["follow"], general.member("public_url") == nil
        else { return }
        error(
            "webhooks need an address at which fal reaches this gateway: set public_url",
            at: Place(node: following, path: "general_settings.follow"))
    }
}

extension URL {
    /// Of this machine or of a private network, as far as can be said without resolving a name.
    fileprivate var isPrivate: Bool {
        host == "localhost" || SocketAddress(ip: host, port: port).map { !$0.isPublic } ?? false
    }
}
