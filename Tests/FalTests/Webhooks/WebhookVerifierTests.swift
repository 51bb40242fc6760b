import HTTP
import JSON
import Signatures
import Testing

@testable import Fal

@Suite("Webhook verification") struct WebhookVerifierTests {
    private func verify(_ body: [UInt8], _ fields: Fields, _ keys: JWKSet, now: Int = Deliveries.now) throws(WebhookRefusal) -> FalWebhook {
        let signed = try SignedWebhook(fields, body: body, now: now)
        guard signed.isSigned(by: keys) else { throw .notSigned }
        return try FalWebhook(signed)
    }

    @Test("a delivery of fal's is read, whichever of its keys signed it")
    func accepted() throws {
        let fal = try Deliveries(key: 3)
        let body = Deliveries.ok()
        let keys = try Deliveries.set(Deliveries(key: 1), Deliveries(key: 2), fal, Deliveries(key: 4))
        let webhook = try verify(body, fal.fields(body), keys)
        #expect(webhook.requestID == QueueFixture.id)
        #expect(webhook.gatewayRequestID == "g-" + QueueFixture.id)
        #expect(webhook.userID == "user")
        #expect(webhook.inferenceTime == 0.5)
        #expect(webhook.end == .delivered(payload: Array(Deliveries.payload.utf8)))
        guard case .delivered(let payload) = webhook.end else { return }
        let output = try FalOutput(body: payload)
        #expect(output.images.count == 1)
        #expect(output.seed?.lexeme == "1.50")
    }

    @Test("five minutes off either way are taken, a second more is not", arguments: [0, 300, -300, 301, -301, 100_000])
    func window(age: Int) throws {
        let fal = try Deliveries()
        let body = Deliveries.ok()
        let fields = fal.fields(body, at: Deliveries.now - age)
        let refusal = refusal { () throws(WebhookRefusal) in try verify(body, fields, Deliveries.keys(fal)) }
        #expect(refusal == (abs(age) <= 300 ? nil : .stale(seconds: age)))
        if let refusal { #expect(refusal.status == 401) }
    }

    @Test("whatever is changed after signing is noticed", arguments: [
        "X-Fal-Webhook-Request-Id", "X-Fal-Webhook-User-Id", "X-Fal-Webhook-Timestamp", "X-Fal-Webhook-Signature", "body",
    ])
    func tampered(part: String) throws {
        let fal = try Deliveries()
        var body = Deliveries.ok()
        var fields = fal.fields(body)
        switch part {
        case "body": body[20] ^= 1
        case "X-Fal-Webhook-Timestamp": fields.set(part, "\(Deliveries.now + 1)")
        case "X-Fal-Webhook-Signature": fields.set(part, String(repeating: "00", count: 64))
        default: fields.set(part, "other")
        }
        #expect(refusal { () throws(WebhookRefusal) in try verify(body, fields, Deliveries.keys(fal)) } == .notSigned)
    }

    @Test("another key, or a set without the right one, verifies nothing")
    func strangers() throws {
        let (fal, other) = (try Deliveries(key: 1), try Deliveries(key: 2))
        let body = Deliveries.ok()
        #expect(refusal { () throws(WebhookRefusal) in try verify(body, other.fields(body), Deliveries.keys(fal)) } == .notSigned)
    }

    @Test("a field that is missing, empty, twice there or endless is named", arguments: [
        "X-Fal-Webhook-Request-Id", "X-Fal-Webhook-User-Id", "X-Fal-Webhook-Timestamp", "X-Fal-Webhook-Signature",
    ])
    func fields(name: String) throws {
        let fal = try Deliveries()
        let body = Deliveries.ok()
        for value in ["", nil, "twice", String(repeating: "1", count: 3000)] {
            var fields = fal.fields(body)
            switch value {
            case nil: fields.remove(name)
            case "twice": fields.append(name, fields.first(name) ?? "")
            case .some(let value): fields.set(name, value)
            }
            let refusal = refusal { () throws(WebhookRefusal) in try verify(body, fields, Deliveries.keys(fal)) }
            #expect(refusal == .field(name))
            #expect(refusal?.status == 400)
        }
    }

    @Test("a timestamp and a signature are read strictly", arguments: [
        ("X-Fal-Webhook-Timestamp", "-1"), ("X-Fal-Webhook-Timestamp", "1.5"), ("X-Fal-Webhook-Timestamp", "+1760000000"),
        ("X-Fal-Webhook-Timestamp", "1760000000 "), ("X-Fal-Webhook-Timestamp", "99999999999999999999"),
        ("X-Fal-Webhook-Timestamp", "١٧٦"), ("X-Fal-Webhook-Signature", "zz"), ("X-Fal-Webhook-Signature", "00"),
        ("X-Fal-Webhook-Signature", String(repeating: "0", count: 127)),
        ("X-Fal-Webhook-Signature", String(repeating: "0", count: 130)),
    ])
    func malformed(name: String, value: String) throws {
        let fal = try Deliveries()
        let body = Deliveries.ok()
        var fields = fal.fields(body)
        fields.set(name, value)
        let what = name.hasSuffix("Signature") ? "the signature" : "the timestamp"
        #expect(refusal { () throws(WebhookRefusal) in try verify(body, fields, Deliveries.keys(fal)) } == .malformed(what))
    }

    @Test("signed nonsense is told as such", arguments: [
        "", "[]", "{", #"{"status":"OK","payload":{}}"#, #"{"request_id":"","status":"OK"}"#, #"{"request_id":7,"status":"OK"}"#,
        #"{"request_id":"r"}"#, #"{"request_id":"r","status":"DONE"}"#, #"{"request_id":"r","status":null}"#,
    ])
    func nonsense(text: String) throws {
        let fal = try Deliveries()
        let body = Array(text.utf8)
        let refusal = refusal { () throws(WebhookRefusal) in try verify(body, fal.fields(body), Deliveries.keys(fal)) }
        #expect(refusal?.status == 400)
        #expect("\(refusal.map(String.init(describing:)) ?? "taken")".contains("makes no sense"))
    }

    private func end(_ text: String) throws -> FalWebhook.End {
        let fal = try Deliveries()
        let body = Array(text.utf8)
        return try verify(body, fal.fields(body), Deliveries.keys(fal)).end
    }

    @Test("a payload that cannot be carried has to be fetched")
    func elsewhere() throws {
        let reason = "Response payload is not JSON serializable. x"
        #expect(try end(#"{"request_id":"r","status":"OK","payload":null,"payload_error":"\#(reason)"}"#) == .deliveredElsewhere(reason: reason))
        #expect(try end(#"{"request_id":"r","status":"OK"}"#) == .deliveredElsewhere(reason: "no payload"))
        let picture = "data:image/png;base64," + String(repeating: "A", count: 4000)
        let inline = try end(#"{"request_id":"r","status":"OK","payload":{"images":[{"url":"\#(picture)"}]}}"#)
        #expect(inline == .deliveredElsewhere(reason: "pictures in the payload"))
        let long = String(repeating: "x", count: FalWebhook.longestPayload)
        #expect(try end(#"{"request_id":"r","status":"OK","payload":{"prompt":"\#(long)"}}"#) == .deliveredElsewhere(reason: "a large payload"))
    }

    private func failure(_ text: String) throws -> FalFailure {
        let end = try end(text)
        guard case .failed(let failure) = end else {
            Issue.record("\(end)")
            throw WebhookRefusal.unreadable("no failure")
        }
        return failure
    }

    @Test("a failure is what the result would have said")
    func failures() throws {
        let refused = #"{"detail":[{"loc":["body","prompt"],"msg":"no","type":"content_policy_violation"}]}"#
        let policy = try failure(#"{"request_id":"r","status":"ERROR","error":"Invalid status code: 422","payload":\#(refused)}"#)
        #expect(policy.kind == .refusedContent)
        #expect(policy.status == 422)
        #expect(policy.parameter == "prompt")
        #expect(policy.requestID == "r")
        #expect(policy.acceptance == .accepted)

        let bare = try failure(#"{"request_id":"r","status":"ERROR","error":"it broke","payload":null}"#)
        #expect(bare.kind == .modelFailed)
        #expect(bare.message == "it broke")
        #expect(bare.status == nil)
        #expect(bare.resubmission == .never)

        let lost = try failure(#"{"request_id":"r","status":"ERROR","payload":null,"payload_error":"unserializable"}"#)
        #expect(lost.message == "unserializable")
    }
}

extension Deliveries {
    /// A set of one key, for closures that throw nothing else.
    static func keys(_ deliveries: Deliveries) throws(WebhookRefusal) -> JWKSet {
        do {
            return try set(deliveries)
        } catch {
            throw .keysUnavailable("\(error)")
        }
    }
}

@Suite("JSON Web Key Set") struct JWKSetTests {
    /// RFC 8037, appendix A.2: the public key of RFC 8032's first vector.
    @Test("reads the key of RFC 8037")
    func vector() throws {
        let document = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
        let set = try JWKSet(document: Array(document.utf8))
        #expect(set.keys.map(\.bytes) == [[
            0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
            0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
        ]])
    }

    @Test("keys of other kinds and broken ones are passed over", arguments: [
        #"{"kty":"RSA","n":"x","e":"AQAB"}"#, #"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"OKP","crv":"Ed25519","x":7}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"!!!"}"#, "7", "null",
        #"{"kty":"OKP","crv":"Ed25519","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    ])
    func passedOver(entry: String) throws {
        let good = try Deliveries().jwk.description
        let set = try JWKSet(document: Array(#"{"keys":[\#(entry),\#(good)]}"#.utf8))
        #expect(set.keys == [try Deliveries().key.publicKey])
        #expect(throws: JWKSetError.self) { try JWKSet(document: Array(#"{"keys":[\#(entry)]}"#.utf8)) }
    }

    @Test("what is no set of keys", arguments: ["", "{}", "[]", #"{"keys":{}}"#, #"{"keys":[]}"#, "<html>"])
    func nonsense(text: String) {
        #expect(throws: JWKSetError.self) { try JWKSet(document: Array(text.utf8)) }
    }

    @Test("padding is harmless, a hundred keys are not all tried, a huge document is not read")
    func bounds() throws {
        let padded = try #require(try Deliveries().jwk["x"]?.stringValue) + "="
        let set = try JWKSet(document: Array(#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(padded)"}]}"#.utf8))
        #expect(set.keys.count == 1)
        let many = try (0..<100).map { try Deliveries(key: UInt8($0)).jwk.description }.joined(separator: ",")
        #expect(try JWKSet(document: Array(#"{"keys":[\#(many)]}"#.utf8)).keys.count == JWKSet.mostKeys)
        let huge = [UInt8](repeating: UInt8(ascii: " "), count: JWKSet.longestDocument) + Deliveries.document(try Deliveries())
        #expect(throws: JWKSetError(reason: "is too large")) { try JWKSet(document: huge) }
    }
}
