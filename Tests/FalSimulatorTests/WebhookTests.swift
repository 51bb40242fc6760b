import HTTP
import JSON
import Reactor
import Signatures
import Synchronization
import Testing

@testable import FalSimulator

/// Where webhooks come to: answers as a test says and remembers what came.
final class Listening: PromptService {
    struct Delivery: Sendable {
        let fields: Fields
        let body: [UInt8]
        var json: JSONValue { (try? JSON.parse(body)) ?? .null }
    }

    private let state = Mutex((statuses: [Int](), deliveries: [Delivery]()))
    private let reactor: Reactor
    private let port = Mutex<UInt16>(0)

    /// - Parameter statuses: of the answers in order, 200 when they are used up.
    init(_ statuses: Int...) throws {
        reactor = try Reactor(name: "listening")
        state.withLock { $0.statuses = statuses }
        let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 64)
        port.withLock { $0 = listener.address.port }
        let server = try Server(listener: listener, reactor: reactor, service: self)
        reactor.spawn { await server.run() }
    }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    /// The address, as it stands in a query.
    var query: String { "fal_webhook=http%3A%2F%2F127.0.0.1%3A\(port.withLock { $0 })%2Fhook%3Fa%3D1" }

    let maximumBodyBytes = 1 << 20
    func refusal(_ error: ProtocolError) -> Response { Response(status: error.status) }

    func respond(to request: consuming Request) async -> Response {
        let delivery = Delivery(fields: request.head.fields, body: request.body)
        let status = state.withLock { state in
            state.deliveries.append(delivery)
            return state.statuses.isEmpty ? 200 : state.statuses.removeFirst()
        }
        return Response(status: status, fields: ["Location": "/elsewhere"])
    }
}

@Suite("Webhooks of the simulator") struct WebhookTests {
    /// Submits with a webhook and waits until so many attempts have been made.
    private func deliver(
        _ plan: String, to listening: Listening, attempts: Int = 1, _ body: String = #"{"prompt":"x"}"#
    ) async throws -> (fal: Running, id: String) {
        let fal = try Running()
        let answer = try await fal.post("/_simulator/plan", plan)
        #expect(answer.status == 200, "\(answer.text)")
        let id = try await fal.submit("fal-ai/flux/dev?\(listening.query)", body).id
        #expect(try await fal.get("/_simulator/wait?route=webhook&count=\(attempts)&seconds=20").status == 200)
        return (fal, id)
    }

    /// Verified with the standard library's means alone: what is signed is written out here.
    private func isSigned(_ delivery: Listening.Delivery, by key: JSONValue) throws -> Bool {
        var text = try #require(key["x"]?.stringValue).replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        let publicKey = try #require(Ed25519PublicKey(try Base64.decode(text[...])))
        let field = { (name: String) in try #require(delivery.fields.first("X-Fal-Webhook-\(name)")) }
        let digest = SHA256Digest(of: delivery.body).hexadecimal
        let message = "\(try field("Request-Id"))\n\(try field("User-Id"))\n\(try field("Timestamp"))\n\(digest)"
        return publicKey.verifies(try #require(Hexadecimal.decode(try field("Signature"))), of: Array(message.utf8))
    }

    private func keys(_ fal: Running) async throws -> [JSONValue] {
        let document = try await fal.send("GET", "/rest.fal.ai/.well-known/jwks.json", fields: [])
        #expect(document.status == 200)
        #expect(try await fal.send("GET", "/.well-known/jwks.json", fields: []).json == document.json)
        return try #require(document.json["keys"]?.arrayValue)
    }

    @Test("the end of a job is told once, signed by a published key, without any credentials")
    func delivered() async throws {
        let listening = try Listening()
        let (fal, id) = try await deliver("{}", to: listening)
        let delivery = try #require(listening.deliveries.first)
        #expect(delivery.fields.first("X-Fal-Webhook-Request-Id") == id)
        #expect(delivery.fields.first("Authorization") == nil)
        #expect(!String(decoding: delivery.body, as: UTF8.self).contains("secret"))
        let keys = try await keys(fal)
        #expect(try keys.map { try isSigned(delivery, by: $0) } == [false, true])
        #expect(delivery.json["request_id"]?.stringValue == id)
        #expect(delivery.json["gateway_request_id"]?.stringValue == id)
        #expect(delivery.json["status"] == "OK")
        #expect(delivery.json["error"] == nil)
        let result = try await fal.get("/fal-ai/flux/requests/\(id)")
        #expect(delivery.json["payload"]?["images"] == result.json["images"])
        let report = try await fal.get("/_simulator/webhooks?request_id=\(id)").json
        #expect(report["count"] == 1)
        #expect(report["webhooks"]?[0]?["status"] == 200)
        #expect(report["webhooks"]?[0]?["body"]?["status"] == "OK")
        #expect(try await fal.get("/_simulator/webhooks?request_id=other").json["count"] == 0)
    }

    @Test("it comes when the job is over, though nobody looks")
    func unwatched() async throws {
        let listening = try Listening()
        let (fal, _) = try await deliver(#"{"queue": 0.05, "run": 0.05}"#, to: listening)
        #expect(listening.deliveries.count == 1)
        #expect(try await fal.get("/_simulator/stats").json["requests"]?["status"] == nil)
    }

    @Test("a failed job is told with the status and body of its result")
    func failed() async throws {
        let listening = try Listening()
        _ = try await deliver(#"{"outcome": {"error": "content_policy_violation"}}"#, to: listening)
        let json = try #require(listening.deliveries.first).json
        #expect(json["status"] == "ERROR")
        #expect(json["error"] == "Invalid status code: 422")
        #expect(json["payload"]?["detail"]?[0]?["type"] == "content_policy_violation")
    }

    @Test("a payload can be lost")
    func lost() async throws {
        let listening = try Listening()
        _ = try await deliver(#"{"webhook": {"payload": "lost"}}"#, to: listening)
        let json = try #require(listening.deliveries.first).json
        #expect(json["status"] == "OK")
        #expect(json["payload"] == .null)
        #expect(json["payload_error"]?.stringValue?.hasPrefix("Response payload is not JSON serializable") == true)
    }

    @Test("signatures can be wrong in every way", arguments: ["wrong", "unknown_key", "missing"])
    func forged(signature: String) async throws {
        let listening = try Listening()
        let (fal, _) = try await deliver(#"{"webhook": {"signature": "\#(signature)"}}"#, to: listening)
        let delivery = try #require(listening.deliveries.first)
        guard signature != "missing" else {
            return #expect(delivery.fields.first("X-Fal-Webhook-Signature") == nil)
        }
        #expect(try await keys(fal).allSatisfy { try !isSigned(delivery, by: $0) })
    }

    @Test("a delivery can be of another time, signed all the same")
    func stale() async throws {
        let listening = try Listening()
        let (fal, _) = try await deliver(#"{"webhook": {"timestamp": -600}}"#, to: listening)
        let delivery = try #require(listening.deliveries.first)
        let sent = try #require(delivery.fields.first("X-Fal-Webhook-Timestamp").flatMap { Int($0) })
        let unix = try #require(try await fal.get("/_simulator/webhooks").json["webhooks"]?[0]?["unix"]?.doubleValue)
        #expect(Int(unix) - sent == 600)
        #expect(try isSigned(delivery, by: try #require(try await keys(fal).last)))
    }

    @Test("what is not answered with 2xx comes again, after the pauses of the plan")
    func retried() async throws {
        let listening = try Listening(500, 404, 204)
        let (fal, id) = try await deliver(#"{"webhook": {"retries": [0.001, 0.001, 0.001]}}"#, to: listening, attempts: 3)
        let report = try await fal.get("/_simulator/webhooks?request_id=\(id)").json
        #expect(report["webhooks"]?.arrayValue?.map { $0["status"]?.intValue } == [500, 404, 204])
        #expect(report["webhooks"]?.arrayValue?.map { $0["attempt"]?.intValue } == [1, 2, 3])
        #expect(Set(listening.deliveries.map(\.body)).count == 1)
    }

    @Test("an address where nobody listens is tried as often, and a redirect is not followed")
    func unreachable() async throws {
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"webhook": {"retries": [0.001]}}"#)
        _ = try await fal.submit("fal-ai/flux/dev?fal_webhook=http%3A%2F%2F127.0.0.1%3A1%2F")
        #expect(try await fal.get("/_simulator/wait?route=webhook&count=2&seconds=20").status == 200)
        let attempts = try await fal.get("/_simulator/webhooks").json["webhooks"]?.arrayValue ?? []
        #expect(attempts.count == 2)
        #expect(attempts.allSatisfy { $0["failure"]?.stringValue?.isEmpty == false && $0["status"] == nil })
        let listening = try Listening(307)
        _ = try await deliver(#"{"webhook": {"retries": [0.001]}}"#, to: listening)
        #expect(listening.deliveries.count == 1)
    }

    @Test("deliveries can be doubled, and left out")
    func number() async throws {
        let listening = try Listening()
        _ = try await deliver(#"{"webhook": {"deliveries": 2}}"#, to: listening, attempts: 2)
        #expect(listening.deliveries.count == 2)
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"webhook": {"deliveries": 0}}"#)
        let path = try await fal.submit("fal-ai/flux/dev?\(listening.query)").path
        #expect(try await fal.get("\(path)/status").json["status"] == "COMPLETED")
        #expect(try await fal.get("/_simulator/webhooks").json["count"] == 0)
    }

    @Test("a job taken out of the queue is told of nowhere")
    func removed() async throws {
        let listening = try Listening()
        let fal = try Running()
        _ = try await fal.post("/_simulator/plan", #"{"queue": "hold"}"#)
        let path = try await fal.submit("fal-ai/flux/dev?\(listening.query)").path
        #expect(try await fal.send("PUT", "\(path)/cancel").status == 202)
        #expect(try await fal.get("/_simulator/webhooks").json["count"] == 0)
        #expect(listening.deliveries.isEmpty)
    }

    @Test("without retries of its own a plan has fal's: ten in two hours")
    func documented() {
        let pauses = WebhookPlan().retries
        #expect(pauses.count == 10)
        #expect(pauses.reduce(.zero, +) <= .seconds(7200))
        #expect(pauses.reduce(.zero, +) > .seconds(7000))
    }

    @Test("a misspelt plan is refused")
    func mistakes() async throws {
        let fal = try Running()
        for plan in [#"{"sign": "x"}"#, #"{"signature": "bad"}"#, #"{"timestamp": 1.5}"#, #"{"retries": 3}"#, #"{"payload": "none"}"#] {
            #expect(try await fal.post("/_simulator/plan", #"{"webhook": \#(plan)}"#).status == 400)
        }
    }
}
