import Fal
import HTTP
import Reactor

/// Everything that serves requests on one loop: the connections to fal, the CDN's, and the code
/// that runs a request from its body to its answer.
actor Worker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    nonisolated let core: Core
    let client: Client
    let queue: QueueClient

    /// Jobs of one loop that are followed by a status stream: half of the connections to fal that a
    /// loop may have, so that submits and fetches always find one.
    private static let streams = ClientLimits().connectionsPerOrigin / 2

    init(core: Core, reactor: Reactor, resolver: Resolver) {
        self.core = core
        self.reactor = reactor
        client = Client(on: reactor, resolver: resolver, tls: TLSClientContext()) { address, origin in
            core.setup.hosts.mayConnect(to: address, of: origin)
        }
        queue = QueueClient(over: client, on: reactor, streams: StreamAllowance(maximum: Worker.streams))
    }

    /// Fetches images from where `setup` allows it.
    func images(_ setup: Setup) -> ImageFetch {
        ImageFetch(client: client, reactor: reactor, hosts: setup.hosts)
    }
}
