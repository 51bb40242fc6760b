import Fal
package import HTTP
import Ledger
package import Reactor

/// The whole gateway: its loops, its servers on one listener, and its ledger.
package final class Gateway: Sendable {
    /// How it is run; what it serves is the configuration's business.
    package struct Options: Sendable {
        package var address: SocketAddress
        /// Event loops, each a thread; one a core is best.
        package var loops: Int
        package var tls: TLSServerContext?
        /// Where the configuration is read again; `nil` when it comes from no file.
        package var source: ConfigurationSource?
        package var limits: ServerLimits
        /// Of each loop, towards fal and its CDN.
        package var clientLimits: ClientLimits

        package init(
            address: SocketAddress, loops: Int, tls: TLSServerContext? = nil, source: ConfigurationSource? = nil,
            limits: ServerLimits = ServerLimits(), clientLimits: ClientLimits = ClientLimits()
        ) {
            self.address = address
            self.loops = loops
            self.tls = tls
            self.source = source
            self.limits = limits
            self.clientLimits = clientLimits
        }
    }

    /// Connections that may wait to be accepted: a burst of a few thousand clients at once.
    private static let backlog: Int32 = 4096

    private let core: Core
    private let reloading: Reloading
    private let servers: [Server]
    private let reactors: [Reactor]
    /// Where clients reach it; the real port where 0 was asked for.
    package let address: SocketAddress

    /// Builds everything, takes up what an earlier process left at fal, and begins to serve.
    ///
    /// - Throws: `RoutingError` for a model that cannot be served, `LedgerError` when the database
    ///   cannot be used, `IOFailure` when the address cannot be listened on.
    package init(_ configuration: Configuration, options: Options, log: Log) async throws {
        var limits = options.limits
        // How much a request may have is said for each by its configuration, and that may change.
        limits.bodyBytes = Configuration.mostRequestBytes
        let listener = try Listener(options.address, backlog: Gateway.backlog)
        address = listener.address
        let ledger = try Ledger(path: configuration.databaseLocation)
        let (catalog, problems) = try ProfileCatalog.remembered(at: configuration.databaseLocation)
        for problem in problems { log.write(.warning, "learned model", [("reason", problem)]) }
        // Before anything new is written: what has no receipt now was left by an earlier process.
        let left = try await ledger.adoptJournal()
        core = Core(try Setup(configuration, catalog: catalog), ledger: ledger, log: log)
        reloading = Reloading(
            core, source: options.source, tls: options.tls, isLoopback: options.address.isLoopback)

        let resolver = Resolver()
        let connections = ConnectionCount()
        var reactors: [Reactor] = []
        var servers: [Server] = []
        var workers: [Worker] = []
        for number in 0..<options.loops {
            let reactor = try Reactor(name: "loop \(number)")
            let worker = Worker(core: core, reactor: reactor, resolver: resolver, limits: options.clientLimits)
            workers.append(worker)
            reactors.append(reactor)
            servers.append(
                try Server(
                    listener: listener, reactor: reactor, limits: limits,
                    service: GatewayService(
                        worker: worker, core: core, reloading: reloading,
                        metrics: MetricsEndpoint(core: core, connections: connections)),
                    tls: options.tls, count: connections))
        }
        self.reactors = reactors
        self.servers = servers
        if let first = workers.first {
            first.reactor.spawn { await first.sweep() }
            // Callers choose whom their webhooks go to: no name of theirs is waited for by what is sent to fal.
            let delivery = WebhookDelivery(core: core, reactor: first.reactor, resolver: Resolver())
            first.reactor.spawn { await delivery.run() }
        }
        for (index, request) in left.enumerated() { workers[index % workers.count].takeUp(request) }
        for server in servers { server.reactor.spawn { await server.run() } }
    }

    /// The names under which models are served.
    package var modelNames: [String] { core.setup.routing.listedNames }

    /// Reads the configuration and the TLS files again and takes them over, all of them or none; the log
    /// has the findings. Blocks meanwhile.
    package func reload() {
        _ = reloading.reload()
    }

    /// Between two looks whether all requests are over.
    private static let drainPause: Duration = .milliseconds(20)

    /// Ends service: refuses new image requests with 503 and readiness, lets running ones finish until
    /// `deadline`, then closes the ledger. What still runs at fal by then stays in the journal.
    ///
    /// Connections are taken and answered until the last request is over: a load balancer hears that
    /// it must go elsewhere, and whoever polls for a result gets it. Requests of earlier processes
    /// are not waited for: the next start takes them up again.
    package func drain(until deadline: Deadline) async {
        core.beginDraining(until: deadline)
        while core.running.hasOwn || core.images?.isAwaited == true, .now < deadline { try? await Task.sleep(for: Gateway.drainPause) }
        await withTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask(executorPreference: server.reactor) { await server.drain(until: deadline) }
            }
        }
        core.ledger.close()
        for reactor in reactors { reactor.stop() }
    }
}

extension Configuration {
    /// Where the ledger lies when nothing is said: beside the process.
    package static let defaultDatabase = "falgate.db"

    package var databaseLocation: String {
        switch database {
        case .file(let path)?: path
        case .memory?: ":memory:"
        case nil: Configuration.defaultDatabase
        }
    }
}
