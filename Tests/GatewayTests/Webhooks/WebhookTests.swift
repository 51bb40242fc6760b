import HTTP
import Reactor
import Synchronization
import Testing

@testable import Gateway

@Suite("Standard Webhooks") struct StandardWebhooksTests {
    /// The example that the project's own libraries are tested with.
    @Test("signs the published example as published")
    func published() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let (id, time) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330)
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        #expect(WebhookSignature.signature(id: id, time: time, body: body, secret: secret) == signature)
        let other = secret.derived(for: "other")
        let fields = WebhookSignature.fields(id: id, time: time, body: body, secrets: [secret, other])
        #expect(fields.first("webhook-id") == id)
        #expect(fields.first("webhook-timestamp") == "1614265330")
        let both = fields.first("webhook-signature")?.split(separator: " ").map(String.init)
        #expect(both == [signature, WebhookSignature.signature(id: id, time: time, body: body, secret: other)])
    }

    @Test("id, time, body and secret all count")
    func covers() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = WebhookSignature.signature(id: "a", time: 1, body: [1], secret: secret)
        #expect(signature == WebhookSignature.signature(id: "a", time: 1, body: [1], secret: secret))
        #expect(signature != WebhookSignature.signature(id: "b", time: 1, body: [1], secret: secret))
        #expect(signature != WebhookSignature.signature(id: "a", time: 2, body: [1], secret: secret))
        #expect(signature != WebhookSignature.signature(id: "a", time: 1, body: [2], secret: secret))
        #expect(signature != WebhookSignature.signature(id: "a", time: 1, body: [1], secret: secret.derived(for: "other")))
    }

    @Test("a secret is read back as it was written, and never printed")
    func secrets() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").derived(for: "any")
        #expect(try WebhookSecret(secret.reveal()) == secret)
        #expect(secret.key.count == 32)
        #expect("\(secret) \(String(reflecting: secret)) \([secret])" == "[secret] [secret] [[secret]]")
        #expect(secret.derived(for: "a") == secret.derived(for: "a"))
        #expect(secret.derived(for: "a") != secret.derived(for: "b"))
        #expect(secret.derived(for: "a") != secret)
    }

    @Test("what is no secret is refused without being quoted", arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La", "whsec_####",
        "whsec_" + String(repeating: "A", count: 88), "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ])
    func malformed(text: String) {
        let error = #expect(throws: WebhookSecretError.self) { try WebhookSecret(text) }
        if text.count > 10 { #expect(error?.description.contains(text.dropFirst(6)) == false) }
    }
}

@Suite("Webhook schedule") struct WebhookScheduleTests {
    @Test("pauses grow from seconds to hours, a tenth off at most, and end")
    func pauses() {
        #expect(WebhookSchedule.attempts == 8)
        for attempt in 1...7 {
            let planned = WebhookSchedule.pauses[attempt - 1]
            #expect(WebhookSchedule.pause(afterAttempt: attempt, random: 0.5) == planned)
            #expect(WebhookSchedule.pause(afterAttempt: attempt, random: 0) ?? .zero >= planned * 0.899)
            #expect(WebhookSchedule.pause(afterAttempt: attempt, random: 1) ?? .zero <= planned * 1.101)
        }
        for attempt in [-1, 0, 8, 9, .max] { #expect(WebhookSchedule.pause(afterAttempt: attempt, random: 0.5) == nil) }
        #expect(WebhookSchedule.pauses == WebhookSchedule.pauses.sorted())
        #expect(WebhookSchedule.pauses.reduce(.zero, +) > .seconds(24 * 3600))
    }

    @Test("a receiver's wish makes a pause longer, not shorter, and not endless")
    func wishes() {
        let pause = { WebhookSchedule.pause(afterAttempt: 1, wish: $0, random: 0.5) }
        #expect(pause(.seconds(1)) == .seconds(5))
        #expect(pause(.seconds(60)) == .seconds(60))
        #expect(pause(.seconds(1_000_000)) == WebhookSchedule.longestWish)
    }
}

@Suite("Webhook targets") struct WebhookTargetTests {
    @Test("public https addresses and names are taken", arguments: [
        "https://example.com/hook?a=1", "https://8.8.8.8/", "https://[2606:4700:4700::1111]:8443/x", "HTTPS://EXAMPLE.com",
    ])
    func taken(text: String) throws {
        #expect(try WebhookTargets().url(text).scheme == .https)
    }

    @Test("everything else is refused", arguments: [
        "http://example.com/", "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fd00:ec2::254]/", "https://[64:ff9b::a00:1]/",
        "https://0.0.0.0/", "https://100.100.100.200/", "https://user@example.com/", "https://0x7f.1/", "https://127.1/",
        "https://2130706433/", "ftp://example.com/", "example.com", "", "https:///x", "file:///etc/passwd",
        "https://example.com/" + String(repeating: "a", count: 2000),
    ])
    func refused(text: String) {
        #expect(throws: WebhookTargetError.self) { try WebhookTargets().url(text) }
    }

    @Test("private ones are taken where the operator says so, nonsense is not")
    func allowed() throws {
        let targets = WebhookTargets(allowsPrivate: true)
        for text in ["http://127.0.0.1:9/x", "https://10.0.0.1/", "http://[::1]/"] { _ = try targets.url(text) }
        for text in ["ftp://10.0.0.1/", "http://127.1/", "http://a b/"] {
            #expect(throws: WebhookTargetError.self) { try targets.url(text) }
        }
    }
}

/// Answers as a test says and remembers what came.
final class WebhookReceiver: PromptService {
    struct Received: Sendable {
        let method: String
        let target: String
        let fields: Fields
        let body: [UInt8]
    }

    private let state = Mutex((answers: [Response](), received: [Received]()))
    private let isSilent: Bool
    /// Yields with every request.
    let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    /// - Parameter answers: in order, the last one for ever; without any there is no answer at all.
    init(_ answers: [Response]) {
        isSilent = answers.isEmpty
        (arrivals, arrived) = AsyncStream.makeStream()
        state.withLock { $0.answers = answers }
    }

    var received: [Received] { state.withLock { $0.received } }

    let maximumBodyBytes = 1 << 20
    func refusal(_ error: ProtocolError) -> Response { Response(status: error.status) }

    func respond(to request: consuming Request) async -> Response {
        let received = Received(
            method: request.head.method.name, target: request.head.target, fields: request.head.fields, body: request.body)
        state.withLock { $0.received.append(received) }
        arrived.yield()
        if isSilent { try? await Task.sleep(for: .seconds(60)) }
        return state.withLock { state in
            state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first ?? Response(status: 200)
        }
    }
}

/// A sender on a loop of its own, before a receiver on another.
actor SenderFixture {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    nonisolated let receiver: WebhookReceiver
    nonisolated let url: URL
    private let sender: WebhookSender
    private nonisolated let peer: Reactor
    private nonisolated let server: Server

    static let body = Array(#"{"type":"image.completed"}"#.utf8)

    private init(_ answers: [Response], _ targets: WebhookTargets, _ timeout: Duration, host: String) throws {
        reactor = try Reactor(name: "sender")
        peer = try Reactor(name: "receiver")
        receiver = WebhookReceiver(answers)
        let listener = try Listener(try #require(SocketAddress(ip: "127.0.0.1", port: 0)), backlog: 16)
        server = try Server(listener: listener, reactor: peer, service: receiver)
        url = try #require(URL("http://\(host):\(listener.address.port)/hook?a=1"))
        sender = WebhookSender(
            on: reactor, resolver: Resolver(), tls: TLSClientContext(), targets: targets, timeout: timeout)
    }

    static func with(
        _ answers: Response..., targets: WebhookTargets = WebhookTargets(allowsPrivate: true),
        timeout: Duration = .seconds(30), host: String = "127.0.0.1", _ body: (SenderFixture) async throws -> Void
    ) async throws {
        let fixture = try SenderFixture(answers, targets, timeout, host: host)
        let server = fixture.server
        fixture.peer.spawn { await server.run() }
        do {
            try await body(fixture)
        } catch {
            Issue.record(error)
        }
        await server.drain(until: .now)
        fixture.peer.stop()
        fixture.reactor.stop()
    }

    private func attempt(_ number: Int, _ url: URL, _ secrets: [WebhookSecret]) async -> WebhookOutcome {
        let message = WebhookMessage(id: "msg_1", url: url, body: Self.body)
        return await sender.send(message, attempt: number, time: 1_700_000_000, secrets: secrets)
    }

    nonisolated func start(_ number: Int = 1, to url: URL? = nil, secrets: [WebhookSecret] = []) -> Task<WebhookOutcome, Never> {
        Task(executorPreference: reactor) { await self.attempt(number, url ?? self.url, secrets) }
    }
}

@Suite("Sending webhooks") struct WebhookSenderTests {
    @Test("a message is posted once, signed, with nothing else of ours", arguments: [200, 202, 204])
    func delivered(status: Int) async throws {
        try await SenderFixture.with(Response(status: status)) { fixture in
            let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            #expect(await fixture.start(secrets: [secret]).value == .delivered)
            #expect(fixture.receiver.received.count == 1)
            let received = try #require(fixture.receiver.received.first)
            #expect(received.method == "POST")
            #expect(received.target == "/hook?a=1")
            #expect(received.body == SenderFixture.body)
            #expect(received.fields.first("webhook-id") == "msg_1")
            #expect(received.fields.first("webhook-timestamp") == "1700000000")
            let signature = WebhookSignature.signature(id: "msg_1", time: 1_700_000_000, body: SenderFixture.body, secret: secret)
            #expect(received.fields.all("webhook-signature") == [signature])
            #expect(received.fields.first("content-type") == "application/json")
            #expect(received.fields.first("authorization") == nil)
        }
    }

    @Test("what is not taken comes again, and not for ever", arguments: [400, 401, 404, 429, 500, 503])
    func again(status: Int) async throws {
        try await SenderFixture.with(Response(status: status)) { fixture in
            guard case .retry(let pause, let reason) = await fixture.start(1).value else {
                Issue.record("no retry")
                return
            }
            #expect(pause >= .milliseconds(4499) && pause <= .milliseconds(5501))
            #expect(reason == "status \(status)")
            guard case .givenUp(let end) = await fixture.start(WebhookSchedule.attempts).value else {
                Issue.record("not given up")
                return
            }
            #expect(end.contains("status \(status)"))
            #expect(fixture.receiver.received.count == 2)
            #expect(fixture.receiver.received[0].fields.first("webhook-signature") == nil)
        }
    }

    @Test("a receiver's Retry-After is heeded")
    func wish() async throws {
        try await SenderFixture.with(Response(status: 503, fields: ["Retry-After": "120"])) { fixture in
            #expect(await fixture.start().value == .retry(after: .seconds(120), reason: "status 503"))
        }
    }

    @Test("a redirect is not followed, and who is gone is left alone", arguments: [301, 302, 307, 308, 410])
    func final(status: Int) async throws {
        try await SenderFixture.with(Response(status: status, fields: ["Location": "/elsewhere"])) { fixture in
            guard case .givenUp(let reason) = await fixture.start().value else {
                Issue.record("not given up")
                return
            }
            #expect(reason.contains("\(status)"))
            #expect(fixture.receiver.received.count == 1)
        }
    }

    @Test("an endless answer does not matter, its status does")
    func large() async throws {
        let body = [UInt8](repeating: 0x20, count: 4_000_000)
        try await SenderFixture.with(Response(status: 200, body: .bytes(body))) { fixture in
            #expect(await fixture.start().value == .delivered)
        }
    }

    @Test("a receiver that does not answer is given its time and no more")
    func silent() async throws {
        try await SenderFixture.with(timeout: .milliseconds(100)) { fixture in
            guard case .retry(_, let reason) = await fixture.start().value else {
                Issue.record("no retry")
                return
            }
            #expect(reason.contains("timed out"))
        }
    }

    @Test("nobody there is tried again; an attempt that we end ourselves does not count")
    func nobody() async throws {
        try await SenderFixture.with(Response(status: 200)) { fixture in
            // tcpmux: below what the kernel gives to other tests, and nobody has listened there for decades.
            guard case .retry = await fixture.start(to: URL("http://127.0.0.1:1/")).value else {
                Issue.record("no retry")
                return
            }
        }
        try await SenderFixture.with { fixture in
            let attempt = fixture.start()
            for await _ in fixture.receiver.arrivals.prefix(1) {}
            attempt.cancel()
            #expect(await attempt.value == .interrupted)
        }
    }

    @Test("a name that resolves to this machine is not connected to", arguments: ["127.0.0.1", "localhost"])
    func privateAddress(host: String) async throws {
        try await SenderFixture.with(Response(status: 200), targets: WebhookTargets(), host: host) { fixture in
            guard case .givenUp(let reason) = await fixture.start().value else {
                Issue.record("not given up")
                return
            }
            #expect(reason == "\(host) has no address of the public internet")
            #expect(fixture.receiver.received.isEmpty)
        }
    }
}
