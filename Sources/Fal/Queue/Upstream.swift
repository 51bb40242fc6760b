package import HTTP

/// A queue, the key for it, and what else a deployment sends along.
package final class Upstream: Sendable {
    package let base: QueueBase
    package let key: FalKey
    /// What every request of this deployment is sent with, put together once: when nothing is sent but a
    /// question, when a job is, and when events are to be answered.
    private let asking: Fields
    private let submitting: Fields
    private let listening: Fields

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
        asking = fields.adding("Accept", "application/json")
        submitting = asking.adding("Content-Type", "application/json")
        listening = fields.adding("Accept", "text/event-stream")
    }

    /// A request without a body, to be answered in JSON.
    func question(_ url: URL, by method: Method = .get) -> ClientRequest {
        ClientRequest(method, url, fields: asking)
    }

    /// A request to be answered with events.
    func stream(_ url: URL) -> ClientRequest {
        ClientRequest(.get, url, fields: listening)
    }

    func submission(_ url: URL, _ input: [UInt8]) -> ClientRequest {
        ClientRequest(.post, url, fields: submitting, body: input)
    }
}

extension Fields {
    fileprivate func adding(_ name: String, _ value: String) -> Fields {
        var fields = self
        fields.append(name, value)
        return fields
    }
}
