package import HTTP

/// A queue, the key for it, and what else a deployment sends along.
package final class Upstream: Sendable {
    package let base: QueueBase
    package let key: FalKey
    /// Sent with every request of this deployment.
    let fields: Fields

    /// Fields that are the client's own. A deployment's setting for one of them is left out: it
    /// would replace the key or contradict the body.
    private static let ownFields = ["authorization", "accept", "content-type"]

    /// - Parameter extraFields: `X-Fal-Queue-Priority`, `X-Fal-Store-IO` and the like.
    ///   `X-Fal-Request-Timeout` is never set by itself: it bounds the start of a job, and a job that
    ///   waits costs nothing.
    package init(base: QueueBase, key: FalKey, extraFields: Fields = Fields()) {
        self.base = base
        self.key = key
        var fields = extraFields
        for name in Self.ownFields { fields.remove(name) }
        fields.append("Authorization", key.authorization)
        if !fields.contains("User-Agent") { fields.append("User-Agent", "falgate") }
        self.fields = fields
    }

    func request(_ method: Method, _ url: URL, accept: String = "application/json") -> ClientRequest {
        var request = ClientRequest(method, url, fields: fields)
        request.fields.append("Accept", accept)
        return request
    }
}
