import CLinux
import Glibc

/// A listening TCP socket that all loops share.
///
/// One descriptor rather than one a loop with SO_REUSEPORT: with the latter a second process of
/// the same user would silently share the port.
package final class Listener: Sendable {
    let descriptor: Int32
    /// What is listened on; the real port where port 0 was asked for.
    package let address: SocketAddress

    /// - Parameter backlog: connections that may wait to be accepted; the kernel refuses more.
    /// - Throws: `.system` with EADDRINUSE when somebody else listens there, or what else forbids it.
    package init(_ address: SocketAddress, backlog: Int32) throws(IOFailure) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(address.family, type, 0)
        guard descriptor >= 0 else { throw .last("socket") }
        self.descriptor = descriptor
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        // Accepted sockets inherit it on Linux: no call per connection.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        guard address.withSockAddr({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            let failure = IOFailure.last("bind")
            Glibc.close(descriptor)
            throw failure
        }
        self.address = SocketAddress(of: descriptor, by: getsockname) ?? address
    }

    deinit {
        Glibc.close(descriptor)
    }
}

/// One loop's place at a listener. Not Sendable.
package final class Acceptor: EventSource {
    private let listener: Listener
    private let reactor: Reactor
    private let waiter: Waiter
    private var isClosed = false

    /// - Throws: `.system` when the loop cannot watch the listener.
    package init(_ listener: Listener, on reactor: Reactor) throws(IOFailure) {
        self.listener = listener
        self.reactor = reactor
        waiter = Waiter(on: reactor)
        super.init(descriptor: listener.descriptor)
    }

    /// The next connection.
    ///
    /// While nobody calls this the loop does not watch the listener, so connections wait in the
    /// backlog or go to another loop.
    ///
    /// - Throws: `.closed` after `close()`, `.cancelled`, `.system` with EMFILE or ENFILE when the
    ///   process is out of descriptors: the caller waits before it tries again.
    package func accept() async throws(IOFailure) -> Socket {
        while true {
            if isClosed { throw .closed }
            let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let accepted = accept4(descriptor, nil, nil, flags)
            if accepted >= 0 { return try Socket(accepted, on: reactor) }
            switch clinux_errno() {
            case EAGAIN: try await waitForConnection()
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw .last("accept")
            }
        }
    }

    /// Ends a waiting `accept()`, now and later.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        if waiter.isOccupied { waiter.wake() }
    }

    private func waitForConnection() async throws(IOFailure) {
        // EPOLLEXCLUSIVE: a new connection wakes one loop, not all.
        try reactor.register(self, for: EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
        defer { reactor.unregister(self) }
        try await waiter.wait(until: .never)
    }

    override func handle(_ events: UInt32) {
        // Level-triggered: the same event may come again before the task has run.
        if waiter.isOccupied { waiter.wake() }
    }
}
