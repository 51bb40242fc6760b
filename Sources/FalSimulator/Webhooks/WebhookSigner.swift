import HTTP
import JSON
import Signatures

/// Signs deliveries as fal does: ED25519 over request id, user id, timestamp and the body's SHA-256,
/// one a line. The keys are test keys, known to everybody.
struct WebhookSigner: Sendable {
    /// The account of every key, as far as webhooks go.
    static let userID = "simulated-user"

    private let key: Ed25519PrivateKey
    /// Published before the one that signs: who checks the first key only fails.
    private let idle: Ed25519PrivateKey
    private let unpublished: Ed25519PrivateKey

    init() {
        func key(_ name: String) -> Ed25519PrivateKey {
            guard let key = Ed25519PrivateKey(seed: SHA256Digest(of: "falgate simulator \(name)").bytes) else {
                preconditionFailure("32 bytes are a seed")
            }
            return key
        }
        self.key = key("webhook key")
        idle = key("idle webhook key")
        unpublished = key("unpublished webhook key")
    }

    /// The body of `/.well-known/jwks.json`.
    var keySet: JSONObject {
        ["keys": .array([entry(idle, "idle"), entry(key, "signing")])]
    }

    private func entry(_ key: Ed25519PrivateKey, _ name: String) -> JSONValue {
        var x = ""
        for character in Base64.encode(key.publicKey.bytes) {
            switch character {
            case UInt8(ascii: "+"): x += "-"
            case UInt8(ascii: "/"): x += "_"
            case UInt8(ascii: "="): break
            default: x.unicodeScalars.append(Unicode.Scalar(character))
            }
        }
        return ["kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": .string(name), "x": .string(x)]
    }

    /// The fields of a delivery.
    ///
    /// - Parameter time: seconds since 1970.
    func fields(_ requestID: String, _ body: [UInt8], time: Int, _ plan: WebhookPlan.Signature) -> Fields {
        var fields: Fields = [
            "Content-Type": "application/json", "User-Agent": "falgate simulate",
            "X-Fal-Webhook-Request-Id": requestID, "X-Fal-Webhook-User-Id": Self.userID,
            "X-Fal-Webhook-Timestamp": String(time),
        ]
        let lines = [requestID, Self.userID, String(time), SHA256Digest(of: body).hexadecimal]
        let message = Array(lines.joined(separator: "\n").utf8)
        let signature: [UInt8]? =
            switch plan {
            case .valid: key.signature(of: message)
            case .wrong: key.signature(of: message + [0])
            case .unknownKey: unpublished.signature(of: message)
            case .missing: nil
            }
        if let signature { fields.append("X-Fal-Webhook-Signature", Hexadecimal.encode(signature)) }
        return fields
    }
}
