package import HTTP

/// Where a fal queue is: `https://queue.fal.run`, or something that speaks its protocol under some
/// path. Every URL that is sent a key begins here or shares its origin.
package struct QueueBase: Sendable, Hashable, CustomStringConvertible {
    private let root: URL
    /// The path before every endpoint; empty where there is none.
    private let prefix: String
    package let description: String

    /// fal's own.
    package static let fal: QueueBase = {
        guard let url = URL("https://queue.fal.run") else { preconditionFailure("fal's own address is no URL") }
        return QueueBase(root: url)
    }()

    /// Room in a URL for an endpoint and a request id, each percent-encoded in full.
    private static let longestPath = 2_000

    /// Hosts that answer at once, as LiteLLM's configurations name them, and the queues beside them:
    /// a job that is waited for on an open connection would be lost with it.
    private static let queues = ["fal.run": "queue.fal.run", "falrun.com": "queue.falrun.com"]

    private init(root: URL) {
        self.root = root
        prefix = root.path == "/" ? "" : String(root.path)
        description = root.origin.description + prefix
    }

    /// Reads the `api_base` of a configuration. `https://fal.run` means fal's queue; a path stays as
    /// a prefix.
    ///
    /// - Throws: `QueueBaseError` when it is no URL, or has a query.
    package init(apiBase: String) throws(QueueBaseError) {
        let given = try Self.parsed(apiBase)
        guard given.query == nil else { throw QueueBaseError(reason: "has a query") }
        guard given.path.utf8.count <= Self.longestPath else { throw QueueBaseError(reason: "is too long") }
        var path = given.path
        while path.hasSuffix("/") { path.removeLast() }
        guard let queue = Self.queues[given.host] else {
            self.init(root: try Self.parsed("\(given.origin)\(path)"))
            return
        }
        self.init(root: try Self.parsed("\(given.scheme.rawValue)://\(queue):\(given.port)\(path)"))
    }

    private static func parsed(_ text: String) throws(QueueBaseError) -> URL {
        do {
            return try URL.parse(text)
        } catch {
            throw QueueBaseError(reason: error.reason)
        }
    }

    package var origin: Origin { root.origin }

    /// Where jobs for an endpoint are submitted.
    func submitURL(_ endpoint: Endpoint) throws(InvalidURL) -> URL {
        try root.with(target: prefix + "/" + endpoint.id)
    }

    /// Where fal keeps a job, by its own rule: owner and application only.
    ///
    /// - Parameter suffix: empty for the result, `/status`, `/cancel`.
    func jobURL(_ requestID: String, of endpoint: Endpoint, suffix: String) throws(InvalidURL) -> URL {
        try root.with(target: "\(prefix)/\(endpoint.queueApp)/requests/\(Self.encoded(requestID))\(suffix)")
    }

    /// Everything but letters, digits, `-`, `_`, `~` and dots inside a name percent-encoded.
    private static func encoded(_ text: String) -> String {
        let isPlain = text.contains { $0 != "." }
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where isPlain: encoded += "."
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}

/// Why a text is no `api_base`.
package struct QueueBaseError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { "not the address of a fal queue: \(reason)" }
}
