import Testing

@testable import HTTP
@testable import Reactor

/// A client on a loop of its own.
actor ClientLoop {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    let client: Client
    let tls: TLSClientContext

    private init(
        _ reactor: Reactor, _ limits: ClientLimits, _ authority: String?,
        _ mayConnect: @escaping @Sendable (SocketAddress, Origin) -> Bool
    ) {
        self.reactor = reactor
        tls = TLSClientContext(certificateFile: authority)
        client = Client(on: reactor, resolver: Resolver(), tls: tls, limits: limits, mayConnect: mayConnect)
    }

    /// Runs `body` with a client, then closes what it has kept.
    static func with(
        limits: ClientLimits = ClientLimits(), authority: String? = nil,
        mayConnect: @escaping @Sendable (SocketAddress, Origin) -> Bool = { _, _ in true },
        _ body: (ClientLoop) async throws -> Void
    ) async throws {
        let loop = ClientLoop(try Reactor(name: "client"), limits, authority, mayConnect)
        defer { loop.reactor.stop() }
        try await body(loop)
        await loop.close()
    }

    /// With a scripted server; its failures are recorded.
    static func with(
        limits: ClientLimits = ClientLimits(), peer scripts: [ScriptedPeer.Script],
        _ body: (ClientLoop, ScriptedPeer) async throws -> Void
    ) async throws {
        let peer = try ScriptedPeer(scripts)
        do {
            try await with(limits: limits) { loop in try await body(loop, peer) }
        } catch {
            Issue.record(error)
        }
        for failure in await peer.finish() { Issue.record("the peer: \(failure)") }
    }

    private func close() {
        client.close()
    }

    private func isolated<R: Sendable>(_ body: @Sendable (isolated ClientLoop) async throws -> R) async throws -> R {
        try await body(self)
    }

    /// Starts `body` on the loop.
    nonisolated func start<R: Sendable>(
        _ body: @escaping @Sendable (isolated ClientLoop) async throws -> R
    ) -> Task<R, any Error> {
        Task(executorPreference: reactor) { try await self.isolated(body) }
    }

    /// Runs `body` on the loop.
    nonisolated func run<R: Sendable>(
        _ body: @escaping @Sendable (isolated ClientLoop) async throws -> R
    ) async throws -> R {
        try await start(body).value
    }

    /// Starts a request; its end is a value either way.
    nonisolated func begin(
        _ request: ClientRequest, _ timeouts: ClientTimeouts = .test, maximumBodyBytes: Int = 1_000_000
    ) -> Task<Result<ClientResponse, ClientError>, any Error> {
        start { loop in
            do throws(ClientError) {
                return .success(try await loop.client.send(request, timeouts: timeouts, maximumBodyBytes: maximumBodyBytes))
            } catch {
                return .failure(error)
            }
        }
    }

    /// A request and its answer.
    @discardableResult
    nonisolated func send(
        _ request: ClientRequest, _ timeouts: ClientTimeouts = .test, maximumBodyBytes: Int = 1_000_000
    ) async throws -> ClientResponse {
        try await begin(request, timeouts, maximumBodyBytes: maximumBodyBytes).value.get()
    }

    /// The error of a request that must not succeed.
    nonisolated func failure(
        _ request: ClientRequest, _ timeouts: ClientTimeouts = .test, maximumBodyBytes: Int = 1_000_000
    ) async throws -> ClientError? {
        switch try await begin(request, timeouts, maximumBodyBytes: maximumBodyBytes).value {
        case .success(let response):
            Issue.record("got an answer: \(response.status), \(response.body.count) bytes")
            return nil
        case .failure(let error): return error
        }
    }

    nonisolated func counts(_ request: ClientRequest) async throws -> ConnectionCounts {
        try await run { loop in loop.client.connections(to: request.url.origin) }
    }
}

extension ClientTimeouts {
    /// Long enough to be met on a busy machine, short enough to end a hung test.
    static let test = ClientTimeouts(
        wait: .seconds(300), connect: .seconds(300), head: .seconds(300), idle: .seconds(300), whole: .never)
}

extension ClientRequest {
    static func get(_ target: String = "/", from peer: ScriptedPeer) -> ClientRequest {
        ClientRequest(.get, URL("http://127.0.0.1:\(peer.port)\(target)")!)
    }

    static func post(_ target: String = "/", _ body: String = "{}", to peer: ScriptedPeer) -> ClientRequest {
        ClientRequest(.post, URL("http://127.0.0.1:\(peer.port)\(target)")!, body: Array(body.utf8))
    }
}

extension ClientRequest {
    /// More than the kernel's buffers on both sides take.
    static func largePost(to peer: ScriptedPeer) -> ClientRequest {
        ClientRequest(.post, URL("http://127.0.0.1:\(peer.port)/")!, body: [UInt8](repeating: 120, count: 16_000_000))
    }
}

extension ClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
