import FalSimulator
import HTTP
import JSON
import Money
import Reactor
import Testing

@testable import Fal

/// A simulator on a real socket whose jobs end as soon as they are submitted, and a client of it.
actor SimulatedFal {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    private nonisolated let peerReactor: Reactor
    private nonisolated let server: Server
    private let upstream: Upstream
    private let http: Client
    private let client: QueueClient
    private let base: String

    init() throws {
        reactor = try Reactor(name: "client")
        peerReactor = try Reactor(name: "simulator")
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let listener = try Listener(address, backlog: 64)
        base = "http://\(listener.address)"
        server = try Simulator.server(SimulatorOptions(), on: listener, reactor: peerReactor)
        upstream = Upstream(base: try QueueBase(apiBase: base), key: try #require(FalKey("id:secret")))
        http = Client(on: reactor, resolver: Resolver(), tls: TLSClientContext())
        client = QueueClient(over: http, on: reactor, streams: StreamAllowance(maximum: 0), limits: .quick)
        peerReactor.spawn { [server] in await server.run() }
    }

    nonisolated func stop() {
        peerReactor.stop()
        reactor.stop()
    }

    /// Submits every call of a plan and gives the results in their order.
    nonisolated func run(_ plan: Plan) async throws -> [JobResult] {
        // In a task of the loop: the test's own would resume on other threads.
        try await Task(executorPreference: reactor) { try await self.results(of: plan) }.value
    }

    private func results(of plan: Plan) async throws -> [JobResult] {
        var results: [JobResult] = []
        for call in plan.calls {
            let job = try await client.submit(call, to: plan.endpoint, at: upstream, until: .test)
            results.append(try await client.result(of: job, after: nil, at: upstream, until: .test))
        }
        return results
    }

    /// The sum of every bill so far.
    nonisolated func billed() async throws -> (amount: Nanodollars, images: Int) {
        try await Task(executorPreference: reactor) { try await self.bills() }.value
    }

    private func bills() async throws -> (amount: Nanodollars, images: Int) {
        let url = try #require(URL(base + "/_simulator/bills?limit=0"))
        let timeouts = QueueLimits().timeouts(answer: .test, until: .test)
        let answer = try await http.send(ClientRequest(.get, url), timeouts: timeouts, maximumBodyBytes: 1_000_000)
        let sums = try JSON.parse(answer.body)
        let total = try #require(sums["total"])
        return (Nanodollars(rawValue: Int64(total["amount_nanodollars"]?.intValue ?? -1)), total["images"]?.intValue ?? -1)
    }
}
