import Reactor

/// One request's place in the line for a connection.
final class WaitingTicket {
    /// What the one in front of the line is given.
    enum Grant {
        case connection(ClientConnection)
        /// The right to open one.
        case vacancy
    }

    let waiter: Waiter
    /// Set exactly once, before the waiter is woken.
    var grant: Grant?
    /// Where the line keeps it; counted from the line's beginning of time.
    fileprivate var position = 0

    init(on reactor: Reactor) {
        waiter = Waiter(on: reactor)
    }
}

/// First come, first served; whoever gives up leaves from anywhere in the line at constant cost.
struct WaitingLine {
    /// A hole is left where a ticket was taken from the middle.
    private var places: [WaitingTicket?] = []
    private var head = 0
    /// The position of `places[0]`.
    private var base = 0
    /// Tickets in line.
    private(set) var count = 0

    mutating func append(_ ticket: WaitingTicket) {
        if places.count >= 32, places.count > 2 * count { close() }
        ticket.position = base + places.count
        places.append(ticket)
        count += 1
    }

    mutating func popFirst() -> WaitingTicket? {
        while head < places.count {
            let place = places[head]
            places[head] = nil
            head += 1
            guard let place else { continue }
            count -= 1
            return place
        }
        return nil
    }

    /// Takes out a ticket that is in the line.
    mutating func remove(_ ticket: WaitingTicket) {
        places[ticket.position - base] = nil
        count -= 1
    }

    /// Closes the holes. Done when they are at least half of the line: constant cost a ticket.
    private mutating func close() {
        base += places.count
        places = places.compactMap { $0 }
        head = 0
        for (offset, ticket) in places.enumerated() { ticket?.position = base + offset }
    }
}
