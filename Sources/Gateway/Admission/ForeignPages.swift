import HTTP
import Reactor

/// Whether a request was made by a web page, and not by a program that its user has started.
///
/// Without a master key it is right enough to be on this machine, and a browser is: any page that is open
/// in it may send simple requests here (`fetch` with `mode: "no-cors"`), which are paid before the browser
/// withholds the answer; and under a name of its own that leads to 127.0.0.1 (DNS rebinding) it may read
/// answers, too. What browsers say of themselves, no page can change: `Origin`, `Sec-Fetch-Site` (W3C
/// Fetch Metadata) and `Host`.
enum ForeignPages {
    /// - Throws: `.foreignPage`, answered with 403, for a request of a page from elsewhere, and for one to a
    ///   host that is neither `localhost` nor an address.
    static func refuse(_ head: RequestHead) throws(GatewayError) {
        let host = head.fields.first("host")?.lowercased()
        if let host, !isLocal(host) { throw .foreignPage("to the host \(host.debugDescription)") }
        if let site = head.fields.first("sec-fetch-site"), site == "cross-site" || site == "same-site" {
            throw .foreignPage("from a web page")
        }
        if let origin = head.fields.first("origin")?.lowercased(), !names(origin, host) {
            throw .foreignPage("from a web page")
        }
    }

    /// Rebinding takes a name: an address is what it is.
    private static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }
        return name == "localhost" || SocketAddress(ip: String(name), port: 0) != nil
    }

    /// RFC 6454, section 6.2: scheme, host, and the port unless it is the scheme's; as in `Host`.
    private static func names(_ origin: String, _ host: String?) -> Bool {
        guard let host else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }
}
