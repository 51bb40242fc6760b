import FalSimulator
import Glibc
import HTTP
import JSON
import Reactor
import Testing

@testable import Fal

/// A gateway as far as webhooks go: submits to a simulator, receives its deliveries, follows.
private actor WebhookGate: PromptService {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private nonisolated let arrivals = WebhookArrivals()
    private nonisolated let keys: WebhookKeys
    private nonisolated let upstream: Upstream
    private nonisolated let falAddress: String
    private let http: Client
    private let queue: QueueClient
    private(set) var verdicts: [Result<WebhookArrivals.Reception, WebhookRefusal>] = []

    init(fal: SocketAddress) throws {
        reactor = try Reactor(name: "gate")
        falAddress = "http://\(fal)"
        keys = WebhookKeys(at: try #require(URL("\(falAddress)/rest.fal.ai/.well-known/jwks.json")))
        upstream = Upstream(base: try QueueBase(apiBase: falAddress), key: try #require(FalKey("id:secret-secret")))
        http = Client(on: reactor, resolver: Resolver(), tls: TLSClientContext())
        queue = QueueClient(over: http, on: reactor, streams: StreamAllowance(maximum: 1))
    }

    nonisolated let maximumBodyBytes = 1 << 20
    nonisolated func refusal(_ error: ProtocolError) -> Response { Response(status: error.status) }

    func respond(to request: consuming Request) async -> Response {
        do throws(WebhookRefusal) {
            let webhook = try await keys.verify(
                request.head.fields, body: request.body, now: time(nil), over: http, on: reactor)
            verdicts.append(.success(arrivals.tell(webhook)))
            return Response(status: 200)
        } catch {
            verdicts.append(.failure(error))
            return Response(status: error.status)
        }
    }

    func script(_ plan: String) async throws {
        let url = try #require(URL("\(falAddress)/_simulator/plan"))
        let answer = try await http.send(
            ClientRequest(.put, url, body: Array(plan.utf8)), timeouts: ClientTimeouts(), maximumBodyBytes: 1 << 20)
        #expect(answer.status == 200)
    }

    /// Waits until the simulator has tried so often to deliver.
    func deliveries(_ count: Int) async throws {
        let url = try #require(URL("\(falAddress)/_simulator/wait?route=webhook&count=\(count)&seconds=60"))
        let answer = try await http.send(
            ClientRequest(.get, url), timeouts: ClientTimeouts(head: .seconds(60)), maximumBodyBytes: 1 << 20)
        #expect(answer.status == 200)
    }

    func submit(to hook: URL) async throws -> SubmittedJob {
        let call = FalCall(input: ["prompt": "a cat"], imageCount: 1, maximumImages: 1, pixels: .atMost(1))
        return try await queue.submit(
            call, to: try Endpoint("fal-ai/flux/dev"), at: upstream, webhook: hook, until: .after(.seconds(60)))
    }

    func follow(_ job: SubmittedJob) async throws -> Completion {
        try await JobFollower(queue, job, at: upstream, hearing: arrivals, until: .after(.seconds(60))).completion()
    }

    func result(_ job: SubmittedJob, _ completion: Completion) async throws -> JobResult {
        try await queue.result(of: job, after: completion, at: upstream, until: .after(.seconds(60)))
    }
}

/// The simulator signs by one reading of fal's protocol, the client verifies by another.
@Suite("Webhooks, both ends") struct WebhookAgreementTests {
    private static func with(_ plan: String, _ body: @Sendable @escaping (isolated WebhookGate, URL) async throws -> Void) async throws {
        let falReactor = try Reactor(name: "fal")
        let any = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let falListener = try Listener(any, backlog: 16)
        let fal = try Simulator.server(SimulatorOptions(), on: falListener, reactor: falReactor)
        falReactor.spawn { await fal.run() }
        let gate = try WebhookGate(fal: falListener.address)
        let listener = try Listener(any, backlog: 16)
        let server = try Server(listener: listener, reactor: gate.reactor, service: gate)
        gate.reactor.spawn { await server.run() }
        let hook = try #require(URL("http://127.0.0.1:\(listener.address.port)/_falgate/fal-webhook"))
        do {
            // In a task of the loop: the test's own would resume on other threads.
            try await Task(executorPreference: gate.reactor) {
                try await gate.script(plan)
                try await body(gate, hook)
            }.value
        } catch {
            Issue.record(error)
        }
        await server.drain(until: .now)
        await fal.drain(until: .now)
        gate.reactor.stop()
        falReactor.stop()
    }

    @Test("a job is submitted, nothing is asked, its webhook is verified, its result has its price")
    func whole() async throws {
        try await Self.with(#"{"queue": 0.02, "run": 0.02}"#) { gate, hook in
            let job = try await gate.submit(to: hook)
            let completion = try await gate.follow(job)
            #expect(completion.webhook?.requestID == job.requestID)
            #expect(completion.error == nil)
            #expect(gate.verdicts.count == 1 && (try? gate.verdicts[0].get()) != nil)
            let result = try await gate.result(job, completion)
            #expect(result.output.images.count == 1)
            #expect(result.billableUnits != nil)
            guard case .delivered(let payload) = completion.webhook?.end else {
                Issue.record("no payload")
                return
            }
            #expect(try FalOutput(body: payload).images == result.output.images)
        }
    }

    @Test("a failure comes with fal's own word for it")
    func failure() async throws {
        try await Self.with(#"{"outcome": {"error": "content_policy_violation"}}"#) { gate, hook in
            let job = try await gate.submit(to: hook)
            let completion = try await gate.follow(job)
            #expect(completion.errorType == "content_policy_violation")
            guard case .failed(let failure) = completion.webhook?.end else {
                Issue.record("no failure")
                return
            }
            #expect(failure.kind == .refusedContent)
            #expect(failure.status == 422)
        }
    }

    @Test("a lost payload leads to the result")
    func lost() async throws {
        try await Self.with(#"{"webhook": {"payload": "lost"}}"#) { gate, hook in
            let job = try await gate.submit(to: hook)
            let completion = try await gate.follow(job)
            guard case .deliveredElsewhere = completion.webhook?.end else {
                Issue.record("\(String(describing: completion.webhook))")
                return
            }
            #expect(try await gate.result(job, completion).output.images.count == 1)
        }
    }

    @Test("a second delivery is harmless")
    func doubled() async throws {
        try await Self.with(#"{"webhook": {"deliveries": 2}}"#) { gate, hook in
            let job = try await gate.submit(to: hook)
            _ = try await gate.follow(job)
            try await gate.deliveries(2)
            #expect(gate.verdicts.count == 2)
            #expect(gate.verdicts.allSatisfy { (try? $0.get()) != nil })
        }
    }

    @Test("forged, foreign, unsigned and stale deliveries are refused", arguments: [
        (#""signature": "wrong""#, 401), (#""signature": "unknown_key""#, 401), (#""signature": "missing""#, 400),
        (#""timestamp": -400"#, 401), (#""timestamp": 400"#, 401),
    ])
    func refused(plan: String, status: Int) async throws {
        try await Self.with(#"{"webhook": {\#(plan), "retries": []}}"#) { gate, hook in
            _ = try await gate.submit(to: hook)
            try await gate.deliveries(1)
            #expect(gate.verdicts.count == 1)
            guard case .failure(let refusal) = gate.verdicts.first else {
                Issue.record("taken")
                return
            }
            #expect(refusal.status == status)
        }
    }
}
