import Reactor
import Synchronization
import Testing

@testable import HTTP

/// A service for tests: closures, and a fixed Date so that whole answers can be written down.
struct TestService: Service {
    var maximumBodyBytes = 1000
    /// What is not even read.
    var refuse: @Sendable (RequestHead) -> Response? = { _ in nil }
    var answer: @Sendable (Request) async -> Response
    /// A late answer could not be sent.
    var notDelivered: @Sendable () -> Void = {}

    init(answer: @escaping @Sendable (Request) async -> Response) { self.answer = answer }

    func admit(_ head: RequestHead) -> Admittance { admit(head) { .now(await answer($0)) } }

    func admit(_ head: RequestHead, handler: @escaping Admittance.Handler) -> Admittance {
        if let refusal = refuse(head) { return .refuse(refusal) }
        return .read(maximumBodyBytes: maximumBodyBytes, handler: handler)
    }

    func refusal(_ error: ProtocolError) -> Response {
        Response(status: error.status, fields: ["Date": "now"], body: .bytes([]))
    }
}

extension Response {
    /// An answer of text with the fixed Date.
    static func text(_ text: String, status: Int = 200, _ fields: Fields = Fields()) -> Response {
        var fields = fields
        fields.append("Date", "now")
        return Response(status: status, fields: fields, body: .bytes(Array(text.utf8)))
    }
}

extension TestService {
    /// Answers with method, path and body.
    static let echo = TestService { request in
        .text("\(request.head.method) \(request.head.path) \(String(decoding: request.body, as: UTF8.self))")
    }
}

/// How a service answers.
enum Promptness: CaseIterable {
    /// In the task in which it was asked.
    case now
    /// By a `PendingResponse`.
    case later
}

/// Makes its answers apart from the connection's task, which ends meanwhile.
struct LateService: Service {
    let service: TestService
    /// The server's, when there is one.
    let reactor = SharedReactor()

    final class SharedReactor: Sendable {
        let value = Mutex<Reactor?>(nil)
    }

    func admit(_ head: RequestHead) -> Admittance {
        service.admit(head) { .later(LateAnswer(to: $0, from: service, on: reactor.value.withLock { $0! })) }
    }

    func refusal(_ error: ProtocolError) -> Response { service.refusal(error) }
}

private final class LateAnswer: PendingResponse {
    private let request: Request
    private let service: TestService
    private let reactor: Reactor
    private let task = Mutex<Task<Response, Never>?>(nil)

    init(to request: Request, from service: TestService, on reactor: Reactor) {
        self.request = request
        self.service = service
        self.reactor = reactor
    }

    func whenReady(_ ready: @escaping @Sendable () -> Void) {
        let task = Task(executorPreference: reactor) {
            defer { ready() }
            return await self.service.answer(self.request)
        }
        self.task.withLock { $0 = task }
    }

    func response() async -> Response { await task.withLock { $0! }.value }

    func cancel() { task.withLock { $0 }?.cancel() }

    func noticeOfLoss() -> @Sendable () -> Void { service.notDelivered }
}

extension TestService {
    func answering(_ promptness: Promptness) -> any Service {
        promptness == .now ? self : LateService(service: self)
    }
}

extension TestService {
    /// Says `done` when `gate` is open; a request that has come so far opens `begun`.
    static func held(by gate: Gate, opening begun: Gate) -> TestService {
        TestService { _ in
            begun.open()
            await gate.pass()
            return .text("done")
        }
    }
}

/// A loop for the client's side of a test.
actor WireLoop {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init() throws {
        reactor = try Reactor(name: "test-client")
    }

    deinit {
        reactor.stop()
    }

    private func isolated<R: Sendable>(_ body: @Sendable (isolated WireLoop) async throws -> R) async throws -> R {
        try await body(self)
    }

    nonisolated func run<R: Sendable>(_ body: @escaping @Sendable (isolated WireLoop) async throws -> R) async throws -> R {
        try await Task(executorPreference: reactor) { try await self.isolated(body) }.value
    }
}

/// A running server on a port of its own, on a loop of its own.
struct TestServer: Sendable {
    let server: Server
    let address: SocketAddress
    let loop: WireLoop

    /// Runs `body` on a client loop while `service` is served, then ends the server, in order to
    /// see that it can.
    static func run<R: Sendable>(
        _ service: any Service = TestService.echo, _ change: (inout ServerLimits) -> Void = { _ in },
        tls: TLSServerContext? = nil, _ body: @escaping @Sendable (isolated WireLoop, TestServer) async throws -> R
    ) async throws -> R {
        var limits = ServerLimits()
        change(&limits)
        let reactor = try Reactor(name: "test-server")
        if let late = service as? LateService { late.reactor.value.withLock { $0 = reactor } }
        let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 64)
        let server = try Server(listener: listener, reactor: reactor, limits: limits, service: service, tls: tls)
        let running = reactor.spawn { await server.run() }
        let loop = try WireLoop()
        let test = TestServer(server: server, address: listener.address, loop: loop)
        let result = try await loop.run { loop in try await body(loop, test) }
        await server.drain(until: .after(.seconds(60)))
        await running.value
        reactor.stop()
        return result
    }

    /// Sends `text` on a fresh connection and returns everything up to the end of the connection.
    func exchange(_ text: String) async throws -> String {
        let client = try await RawClient.connect(to: address, on: loop.reactor)
        defer { client.socket.close() }
        try await client.send(text)
        return try await client.readToEnd()
    }
}

extension TestServer {
    /// Sends `request` on a fresh connection and expects exactly `answer` up to the connection's end.
    func expect(_ request: String, gives answer: String, location: SourceLocation = #_sourceLocation) async throws {
        let found = try await exchange(request)
        #expect(found == answer, sourceLocation: location)
    }

    func expect(_ request: String, begins prefix: String, location: SourceLocation = #_sourceLocation) async throws {
        let found = try await exchange(request)
        #expect(found.hasPrefix(prefix), "\(found)", sourceLocation: location)
    }
}

/// A client that knows nothing of HTTP: bytes out, bytes in. Every wait ends after two minutes.
final class RawClient {
    let socket: Socket

    private init(_ socket: Socket) {
        self.socket = socket
    }

    static func connect(to address: SocketAddress, on reactor: Reactor) async throws -> RawClient {
        RawClient(try await Socket.connect(to: address, on: reactor, until: .after(.seconds(120))))
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await socket.write(bytes, stall: .seconds(120))
    }

    /// The next bytes; empty at the end of the connection.
    func readSome() async throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            try await socket.waitReadable(until: .after(.seconds(120)))
            if let count = try buffer.withUnsafeMutableBytes({ try socket.tryRead(into: $0) }) {
                return Array(buffer[..<count])
            }
        }
    }

    /// Reads until what has come ends with `suffix`.
    func read(through suffix: String) async throws -> String {
        var bytes: [UInt8] = []
        while !bytes.reversed().starts(with: suffix.utf8.reversed()) {
            let more = try await readSome()
            if more.isEmpty {
                Issue.record("the connection ended behind \(String(decoding: bytes, as: UTF8.self))")
                break
            }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func readToEnd() async throws -> String {
        var bytes: [UInt8] = []
        while true {
            let more = try await readSome()
            if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
    }
}

/// A place where a handler waits until the test says go, or until it is cancelled.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    /// Opens it, for those who wait and those to come.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Suspends until it is open; cancellation does not end the wait.
    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Suspends until it is open or the task is cancelled; says which.
    func passOrCancel() async -> String {
        await withTaskCancellationHandler {
            await pass()
        } onCancel: {
            open()
        }
        return Task.isCancelled ? "cancelled" : "passed"
    }
}
