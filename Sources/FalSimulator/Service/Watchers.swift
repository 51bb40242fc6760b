import Reactor

/// Tasks that wait for something to happen to a job.
struct Watchers {
    /// Those nearer to the front than this are told of every step of the line; the others learn
    /// their position with the next keep-alive. Ten thousand who wait would otherwise all be woken
    /// by every job that ends.
    static let positionsTold = 100

    private var waiters: [Ticket: [ObjectIdentifier: Waiter]] = [:]

    var isEmpty: Bool { waiters.isEmpty }
    var count: Int { waiters.reduce(0) { $0 + $1.value.count } }

    mutating func add(_ waiter: Waiter, for ticket: Ticket) {
        waiters[ticket, default: [:]][ObjectIdentifier(waiter)] = waiter
    }

    mutating func remove(_ waiter: Waiter, for ticket: Ticket) {
        waiters[ticket]?[ObjectIdentifier(waiter)] = nil
        if waiters[ticket]?.isEmpty == true { waiters[ticket] = nil }
    }

    func wake(_ ticket: Ticket) {
        guard let waiting = waiters[ticket] else { return }
        for waiter in waiting.values { waiter.wake() }
    }

    func wakeAll() {
        for ticket in waiters.keys { wake(ticket) }
    }
}
