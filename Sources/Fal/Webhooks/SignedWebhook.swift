import HTTP
import Signatures

/// A request that says it is a webhook of fal's, with what is needed to find out.
///
/// fal signs `request id, user id, timestamp, hex(SHA-256(body))`, one a line, with ED25519. Who
/// sends it decides nothing: the signature covers every byte that is used.
struct SignedWebhook {
    /// fal's own: seconds between the sending and the present, either way.
    static let window = 300
    /// Longest value of a field. Request ids have 36 characters, user ids less.
    private static let longestValue = 2_000

    /// Of fal's account, for which the job ran.
    let userID: String
    let body: [UInt8]
    private let message: [UInt8]
    private let signature: [UInt8]

    /// Reads the fields and looks at the time, before anything costs anything.
    ///
    /// - Parameter now: seconds since 1970, UTC.
    /// - Throws: `.field`, `.malformed`, `.stale`.
    init(_ fields: Fields, body: [UInt8], now: Int) throws(WebhookRefusal) {
        let requestID = try Self.value("X-Fal-Webhook-Request-Id", of: fields)
        userID = try Self.value("X-Fal-Webhook-User-Id", of: fields)
        let timestamp = try Self.value("X-Fal-Webhook-Timestamp", of: fields)
        let hexadecimal = try Self.value("X-Fal-Webhook-Signature", of: fields)
        guard timestamp.utf8.count <= 12, timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let sent = Int(timestamp)
        else { throw .malformed("the timestamp") }
        guard let signature = Hexadecimal.decode(hexadecimal), signature.count == Ed25519PrivateKey.signatureByteCount else {
            throw .malformed("the signature")
        }
        guard abs(now - sent) <= Self.window else { throw .stale(seconds: now - sent) }
        self.signature = signature
        self.body = body
        message = Array("\(requestID)\n\(userID)\n\(timestamp)\n\(SHA256Digest(of: body).hexadecimal)".utf8)
    }

    /// Whether one of the keys has made the signature. fal changes keys by publishing the new one
    /// beside the old, and does not say which it used.
    func isSigned(by set: JWKSet) -> Bool {
        set.keys.contains { $0.verifies(signature, of: message) }
    }

    /// The value of a field that is there once: of two, another reader might take the other.
    private static func value(_ name: String, of fields: Fields) throws(WebhookRefusal) -> String {
        let values = fields.all(name)
        guard values.count == 1, !values[0].isEmpty, values[0].utf8.count <= longestValue else { throw .field(name) }
        return values[0]
    }
}
