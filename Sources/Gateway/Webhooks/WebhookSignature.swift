package import HTTP
import Signatures

/// Signs outgoing webhooks as Standard Webhooks (1.0.0) says, so that every library for it can verify
/// them: HMAC-SHA-256 over `id.timestamp.body`.
package enum WebhookSignature {
    /// `v1,` and the base64 of the code.
    ///
    /// - Parameters:
    ///   - id: of the message, the same at every attempt: receivers drop what they have had. Without
    ///     full stops, which part what is signed.
    ///   - time: of this attempt, in seconds since 1970. Receivers refuse what is older than minutes.
    package static func signature(id: String, time: Int, body: [UInt8], secret: WebhookSecret) -> String {
        let message = Array("\(id).\(time).".utf8) + body
        return "v1," + String(decoding: Base64.encode(HMACSHA256.code(for: message, key: secret.key)), as: UTF8.self)
    }

    /// The three fields of an attempt.
    ///
    /// - Parameter secrets: one signature each, so that a secret can be replaced without a gap.
    package static func fields(id: String, time: Int, body: [UInt8], secrets: [WebhookSecret]) -> Fields {
        let signatures = secrets.map { signature(id: id, time: time, body: body, secret: $0) }
        return [
            "webhook-id": id, "webhook-timestamp": String(time), "webhook-signature": signatures.joined(separator: " "),
        ]
    }
}
