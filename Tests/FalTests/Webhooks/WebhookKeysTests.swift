import HTTP
import JSON
import Reactor
import Synchronization
import Testing

@testable import Fal

/// A clock that a test moves.
final class TestClock: Sendable {
    private let time = Mutex(Deadline(nanoseconds: 1_000_000_000_000))

    var now: Deadline { time.withLock { $0 } }
    func pass(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

@Suite("Webhook keys") struct WebhookKeysTests {
    private static let path = "GET /.well-known/jwks.json"

    private func keys(_ fixture: QueueFixture, _ clock: TestClock = TestClock()) throws -> WebhookKeys {
        let url = try #require(URL("http://127.0.0.1:\(fixture.port)/.well-known/jwks.json"))
        return WebhookKeys(at: url, timeout: .test, clock: { clock.now })
    }

    /// The refusal of a delivery by `signer`, nil when it is taken.
    private func verdict(_ keys: WebhookKeys, _ signer: Deliveries, _ fixture: QueueFixture) async throws -> WebhookRefusal? {
        let body = Deliveries.ok()
        let fields = signer.fields(body)
        return try await fixture.run { fixture in
            do throws(WebhookRefusal) {
                _ = try await keys.verify(fields, body: body, now: Deliveries.now, over: fixture.client.http, on: fixture.reactor)
                return nil
            } catch {
                return error
            }
        }
    }

    private func document(_ keys: Deliveries...) -> Response {
        let entries = keys.map(\.jwk.description).joined(separator: ",")
        return .text(200, #"{"keys":[\#(entries)]}"#, "application/json")
    }

    @Test("keys are fetched once, without credentials, and used again")
    func cached() async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            fixture.fal.script(Self.path, document(fal))
            let keys = try keys(fixture)
            for _ in 0..<3 { #expect(try await verdict(keys, fal, fixture) == nil) }
            #expect(fixture.fal.lines == [Self.path])
            #expect(fixture.fal.asked[0].fields.first("authorization") == nil)
        }
    }

    @Test("what is stale or malformed asks for no keys")
    func cheap() async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            let keys = try keys(fixture)
            let body = Deliveries.ok()
            let fields = fal.fields(body, at: Deliveries.now - 1000)
            let refusal = try await fixture.run { fixture -> WebhookRefusal? in
                do throws(WebhookRefusal) {
                    _ = try await keys.verify(fields, body: body, now: Deliveries.now, over: fixture.client.http, on: fixture.reactor)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(refusal == .stale(seconds: 1000))
            #expect(fixture.fal.asked.isEmpty)
        }
    }

    @Test("a new key is fetched when a signature asks for it, once a minute at most")
    func renewed() async throws {
        try await QueueFixture.with { fixture in
            let (old, new, stranger) = (try Deliveries(key: 1), try Deliveries(key: 2), try Deliveries(key: 3))
            fixture.fal.script(Self.path, document(old), document(old, new))
            let clock = TestClock()
            let keys = try keys(fixture, clock)
            #expect(try await verdict(keys, old, fixture) == nil)
            #expect(try await verdict(keys, new, fixture) == .notSigned)
            #expect(fixture.fal.asked.count == 1)
            clock.pass(WebhookKeys.refetchPause)
            #expect(try await verdict(keys, new, fixture) == nil)
            #expect(try await verdict(keys, old, fixture) == nil)
            #expect(fixture.fal.asked.count == 2)
            for _ in 0..<5 { #expect(try await verdict(keys, stranger, fixture) == .notSigned) }
            clock.pass(WebhookKeys.refetchPause)
            for _ in 0..<5 { #expect(try await verdict(keys, stranger, fixture) == .notSigned) }
            #expect(fixture.fal.asked.count == 3)
            #expect(try await verdict(keys, new, fixture) == nil)
        }
    }

    @Test("without keys a webhook is asked to come again, and the key server is left alone for a while", arguments: [
        Response.text(500, "<html>"), .text(200, "<html>"), .text(302, ""), .json(200, ["keys": []]), .cut(200, after: #"{"keys":"#),
    ])
    func unavailable(answer: Response) async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            fixture.fal.script(Self.path, answer, document(fal))
            let clock = TestClock()
            let keys = try keys(fixture, clock)
            for _ in 0..<3 {
                let refusal = try await verdict(keys, fal, fixture)
                #expect(refusal?.status == 503, "\(String(describing: refusal))")
            }
            #expect(fixture.fal.asked.count == 1)
            clock.pass(WebhookKeys.retryPause)
            #expect(try await verdict(keys, fal, fixture) == nil)
            #expect(fixture.fal.asked.count == 2)
        }
    }

    @Test("keys are renewed after half a day, live on while that fails, and end with their day")
    func lifetime() async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            fixture.fal.script(Self.path, document(fal), .text(500, ""))
            let clock = TestClock()
            let keys = try keys(fixture, clock)
            #expect(try await verdict(keys, fal, fixture) == nil)
            clock.pass(WebhookKeys.refreshAge - .seconds(1))
            #expect(try await verdict(keys, fal, fixture) == nil)
            #expect(fixture.fal.asked.count == 1)
            clock.pass(.seconds(1))
            for _ in 0..<3 { #expect(try await verdict(keys, fal, fixture) == nil) }
            #expect(fixture.fal.asked.count == 2)
            clock.pass(.seconds(12 * 3600 - 1))
            #expect(try await verdict(keys, fal, fixture) == nil)
            clock.pass(.seconds(10))
            let refusal = try await verdict(keys, fal, fixture)
            #expect(refusal?.status == 503, "\(String(describing: refusal))")
        }
    }

    @Test("a crowd of webhooks leads to one fetch")
    func crowd() async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            fixture.fal.script(Self.path, document(fal), .text(500, "asked twice"))
            let keys = try keys(fixture)
            let body = Deliveries.ok()
            let fields = fal.fields(body)
            let verdicts = (0..<50).map { _ in
                fixture.start { fixture in
                    do throws(WebhookRefusal) {
                        _ = try await keys.verify(fields, body: body, now: Deliveries.now, over: fixture.client.http, on: fixture.reactor)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            for verdict in verdicts { #expect(try await verdict.value) }
            #expect(fixture.fal.asked.count == 1)
        }
    }

    @Test("a sender that hangs up during the fetch leaves the next one its turn")
    func hungUp() async throws {
        try await QueueFixture.with { fixture in
            let fal = try Deliveries()
            let (asked, ask) = AsyncStream<Void>.makeStream()
            fixture.fal.script(
                Self.path,
                Response(status: 200, body: .stream { _ in
                    ask.yield()
                    try await Task.sleep(for: .seconds(60))
                }), document(fal))
            let keys = try keys(fixture)
            let body = Deliveries.ok()
            let fields = fal.fields(body)
            let verify: @Sendable (isolated QueueFixture) async -> WebhookRefusal? = { fixture in
                do throws(WebhookRefusal) {
                    _ = try await keys.verify(fields, body: body, now: Deliveries.now, over: fixture.client.http, on: fixture.reactor)
                    return nil
                } catch {
                    return error
                }
            }
            let first = fixture.start(verify)
            for await _ in asked.prefix(1) {}
            let second = fixture.start(verify)
            first.cancel()
            #expect(try await first.value == .keysUnavailable("the sender hung up"))
            #expect(try await second.value == nil)
            #expect(fixture.fal.asked.count == 2)
        }
    }
}
