import HTTP
import JSON
import Reactor
import Signatures
import Testing

@testable import Fal

/// Webhooks as fal signs them, made here.
struct Deliveries {
    static let now = 1_760_000_000
    static let payload = #"{"images":[{"url":"https://v3.fal.media/a.png","width":8,"height":8}],"timings":{"inference":0.5},"seed":1.50}"#

    let key: Ed25519PrivateKey

    /// - Parameter number: tells keys apart.
    init(key number: UInt8 = 1) throws {
        key = try #require(Ed25519PrivateKey(seed: [UInt8](repeating: number, count: 32)))
    }

    var jwk: JSONValue { Self.jwk(key.publicKey.bytes) }

    static func jwk(_ bytes: [UInt8]) -> JSONValue {
        let x = String(decoding: Base64.encode(bytes), as: UTF8.self)
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return ["kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "1", "x": .string(x)]
    }

    static func document(_ keys: Deliveries...) -> [UInt8] {
        let document: JSONValue = ["keys": .array(keys.map(\.jwk))]
        return document.serialized()
    }

    static func set(_ keys: Deliveries...) throws -> JWKSet {
        try JWKSet(document: (["keys": .array(keys.map(\.jwk))] as JSONValue).serialized())
    }

    static func ok(_ id: String = QueueFixture.id, payload: String = payload) -> [UInt8] {
        Array(#"{"request_id":"\#(id)","gateway_request_id":"g-\#(id)","status":"OK","payload":\#(payload)}"#.utf8)
    }

    func fields(_ body: [UInt8], at time: Int = now, id: String = QueueFixture.id, user: String = "user") -> Fields {
        let message = "\(id)\n\(user)\n\(time)\n\(SHA256Digest(of: body).hexadecimal)"
        return [
            "Content-Type": "application/json", "X-Fal-Webhook-Request-Id": id, "X-Fal-Webhook-User-Id": user,
            "X-Fal-Webhook-Timestamp": "\(time)",
            "X-Fal-Webhook-Signature": Hexadecimal.encode(key.signature(of: Array(message.utf8))),
        ]
    }
}

/// What `body` throws; nil when it does not.
func refusal(_ body: () throws(WebhookRefusal) -> FalWebhook) -> WebhookRefusal? {
    do throws(WebhookRefusal) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
