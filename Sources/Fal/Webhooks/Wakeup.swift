import Reactor

/// Wakes who waits on a loop, from any thread.
struct Wakeup: Sendable {
    private let reactor: Reactor
    /// Touched on its loop alone.
    private nonisolated(unsafe) let waiter: Waiter

    init(_ waiter: Waiter, on reactor: Reactor) {
        self.waiter = waiter
        self.reactor = reactor
    }

    /// Who has given up meanwhile does not notice.
    func wake() {
        reactor.post { waiter.wake() }
    }
}
