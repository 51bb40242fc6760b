import HTTP
import JSON
import Reactor
import Synchronization
import Testing

@testable import Fal

/// A peer that answers as a test says and remembers what it was asked. It knows nothing of fal.
final class ScriptedFal: PromptService {
    struct Asked: Sendable {
        let method: String
        let target: String
        let fields: Fields
        let body: String
    }

    private struct State {
        var answers: [String: [Response]] = [:]
        var asked: [Asked] = []
    }

    private let state = Mutex(State())

    /// `line` is `GET /path?query`. Answers are given in order, the last one for ever.
    func script(_ line: String, _ answers: Response...) { script(line, answers) }

    func script(_ line: String, _ answers: [Response]) {
        state.withLock { $0.answers[line] = answers }
    }

    var asked: [Asked] { state.withLock { $0.asked } }
    var lines: [String] { asked.map { "\($0.method) \($0.target)" } }

    let maximumBodyBytes = 1 << 20

    func refusal(_ error: ProtocolError) -> Response { Response(status: error.status) }

    func respond(to request: consuming Request) async -> Response {
        let head = request.head
        let body = String(decoding: request.body, as: UTF8.self)
        return state.withLock { state in
            let method = String(describing: head.method)
            state.asked.append(Asked(method: method, target: head.target, fields: head.fields, body: body))
            let line = "\(method) \(head.target)"
            guard let answers = state.answers[line], let answer = answers.first else {
                return .json(404, ["detail": .string("not in the script: " + line)])
            }
            if answers.count > 1 { state.answers[line] = Array(answers.dropFirst()) }
            return answer
        }
    }
}

extension Response {
    static func json(_ status: Int, _ value: JSONValue, _ fields: Fields = Fields()) -> Response {
        text(status, value.description, "application/json", fields)
    }

    static func text(_ status: Int, _ text: String, _ type: String = "text/html", _ fields: Fields = Fields()) -> Response {
        var fields = fields
        fields.append("Content-Type", type)
        return Response(status: status, fields: fields, body: .bytes(Array(text.utf8)))
    }

    /// Server-sent events, then the end of the stream or a cut.
    static func events(_ events: String..., then cut: Bool = false) -> Response {
        Response(status: 200, fields: ["Content-Type": "text/event-stream"], body: .stream { writer in
            for event in events { try await writer.write(Array(event.utf8)) }
            if cut { throw IOFailure.closed }
        })
    }

    /// An event that goes on until the client has had enough.
    static let endlessLine = Response(status: 200, fields: ["Content-Type": "text/event-stream"], body: .stream { writer in
        try await writer.write(Array("data: ".utf8))
        while true { try await writer.write([UInt8](repeating: 0x78, count: 64 * 1024)) }
    })

    /// Says it goes on, and is cut.
    static func cut(_ status: Int, after text: String) -> Response {
        Response(status: status, fields: ["Content-Type": "application/json"], body: .stream { writer in
            try await writer.write(Array(text.utf8))
            throw IOFailure.closed
        })
    }
}

/// A queue client on a loop of its own, before a scripted peer on another.
actor QueueFixture {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    nonisolated let fal = ScriptedFal()
    nonisolated let streams: StreamAllowance
    nonisolated let port: UInt16
    nonisolated let upstream: Upstream
    let client: QueueClient
    private nonisolated let peerReactor: Reactor
    private nonisolated let server: Server

    static let key = "key-id:secret-secret"
    static let id = "019e1951-c778-7120-8000-000000000001"

    private init(streams: Int, prefix: String, limits: QueueLimits) throws {
        reactor = try Reactor(name: "client")
        peerReactor = try Reactor(name: "peer")
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let listener = try Listener(address, backlog: 16)
        port = listener.address.port
        server = try Server(listener: listener, reactor: peerReactor, service: fal)
        self.streams = StreamAllowance(maximum: streams)
        upstream = Upstream(
            base: try QueueBase(apiBase: "http://127.0.0.1:\(port)\(prefix)"), key: try #require(FalKey(Self.key)),
            extraFields: ["X-Fal-Store-IO": "0", "authorization": "Bearer other"])
        let http = Client(on: reactor, resolver: Resolver(), tls: TLSClientContext())
        client = QueueClient(over: http, on: reactor, streams: self.streams, limits: limits)
    }

    static func with(
        streams: Int = 0, prefix: String = "", limits: QueueLimits = .quick,
        _ body: (QueueFixture) async throws -> Void
    ) async throws {
        let fixture = try QueueFixture(streams: streams, prefix: prefix, limits: limits)
        let server = fixture.server
        fixture.peerReactor.spawn { await server.run() }
        do {
            try await body(fixture)
        } catch {
            Issue.record(error)
        }
        await server.drain(until: .now)
        fixture.peerReactor.stop()
        fixture.reactor.stop()
    }

    nonisolated var base: String { upstream.base.description }

    /// Runs `body` on the client's loop.
    nonisolated func run<R: Sendable>(_ body: @escaping @Sendable (isolated QueueFixture) async throws -> R) async throws -> R {
        try await start(body).value
    }

    nonisolated func start<R: Sendable>(
        _ body: @escaping @Sendable (isolated QueueFixture) async throws -> R
    ) -> Task<R, any Error> {
        Task(executorPreference: reactor) { try await self.isolated(body) }
    }

    private func isolated<R: Sendable>(_ body: @Sendable (isolated QueueFixture) async throws -> R) async throws -> R {
        try await body(self)
    }
}

extension QueueLimits {
    /// Impatient, for peers that answer at once.
    static var quick: QueueLimits {
        var limits = QueueLimits()
        for patience in [\QueueLimits.connectionWait, \.connect, \.submitAnswer, \.lookAnswer, \.idle] {
            limits[keyPath: patience] = .test
        }
        limits.pollFloor = .milliseconds(1)
        limits.pollCeiling = .milliseconds(5)
        limits.troubleFloor = .milliseconds(1)
        limits.troubleCeiling = .milliseconds(5)
        return limits
    }
}

extension Duration {
    /// Long enough to be met on a busy machine, short enough to end a hung test.
    static let test: Duration = .seconds(300)
}

extension Deadline {
    /// To be asked for on the loop.
    static var test: Deadline { .after(.test) }
}
