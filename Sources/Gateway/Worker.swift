import Fal
import HTTP
import Reactor

/// Everything that serves requests on one loop: the connections to fal, the CDN's, and the code
/// that runs a request from its body to its answer.
///
/// Belongs to its loop: its methods run in that loop's tasks alone, which are those of its server and what is
/// made with `reactor.spawn` or with `reactor` as the preferred executor. `takeUp` and `store` may be called from
/// anywhere.
///
/// A class and no actor: an actor's async methods go through its executor at every call and every return, though
/// they are on its thread already, and a request makes dozens of them.
final class Worker: @unchecked Sendable {
    // @unchecked: `client` and `queue` belong to the loop, which `preconditionOnLoop` verifies where its work begins.

    let reactor: Reactor
    let core: Core
    let client: Client
    let queue: QueueClient

    init(core: Core, reactor: Reactor, resolver: Resolver, limits: ClientLimits) {
        self.core = core
        self.reactor = reactor
        client = Client(on: reactor, resolver: resolver, tls: TLSClientContext(), limits: limits) { address, origin in
            core.setup.hosts.mayConnect(to: address, of: origin)
        }
        // Half of the connections to fal, so that submits and fetches always find one.
        let streams = StreamAllowance(maximum: limits.connectionsPerOrigin / 2)
        queue = QueueClient(over: client, on: reactor, streams: streams)
    }

    /// Where the work of a request begins: nothing of it may be on another thread.
    func preconditionOnLoop() {
        precondition(reactor.isCurrent, "a worker is used outside its event loop")
    }

    /// Fetches images from where `setup` allows it.
    func images(_ setup: Setup) -> ImageFetch {
        ImageFetch(client: client, reactor: reactor, hosts: setup.hosts)
    }
}
