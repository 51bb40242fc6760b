import HTTP
import JSON
import Ledger

extension WebhookMessage {
    /// What a caller is told of the end of a request: type, time and data as Standard Webhooks has them.
    ///
    /// - Returns: `nil` when there is nothing to tell, or nobody.
    init?(_ stored: StoredRequest) {
        guard let webhook = stored.webhook, let url = URL(webhook.url), let end = stored.end else { return nil }
        let status = end.answer.outcome == .finished ? "completed" : end.answer.outcome.rawValue
        var data: JSONObject = [
            "id": .string(stored.id), "object": "image.generation.job", "status": .string(status),
            "http_status": .integer(end.answer.httpStatus), "poll_url": .string(Route.job(stored.id)),
            "created": .integer(stored.createdAt.seconds), "expires_at": .integer(end.expiresAt.seconds),
        ]
        let answer = end.answer.body.flatMap { try? JSON.parse($0) }
        if end.answer.outcome == .finished {
            data["result"] = answer
        } else {
            data["error"] = answer?["error"]
        }
        let body: JSONObject = [
            "type": .string("image.generation.\(status)"), "timestamp": .string(end.at.iso8601), "data": .object(data),
        ]
        // A failure may be followed by late images: another message.
        self.init(id: "msg_\(stored.id)_\(status)", url: url, body: body.serialized())
    }
}
