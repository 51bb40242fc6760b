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
    private var slots: [WaitingTicket?] = []
    private var head = 0
    /// The position of `slots[0]`.
    private var base = 0
    /// Tickets in line.
    private(set) var count = 0
    /// Tickets and holes.
    var places: Int { slots.count }

    mutating func append(_ ticket: WaitingTicket) {
        if slots.count >= 32, slots.count > 2 * count { close() }
        ticket.position = base + slots.count
        slots.append(ticket)
        count += 1
    }

    mutating func popFirst() -> WaitingTicket? {
        while head < slots.count {
            let ticket = slots[head]
            slots[head] = nil
            head += 1
            guard let ticket else { continue }
            count -= 1
            return ticket
        }
        return nil
    }

    /// Takes out a ticket that is in the line.
    mutating func remove(_ ticket: WaitingTicket) {
        slots[ticket.position - base] = nil
        count -= 1
    }

    /// Closes the holes. Done when they are at least half of the line: constant cost a ticket.
    private mutating func close() {
        base += slots.count
        slots.removeAll { $0 == nil }
        head = 0
        for (offset, ticket) in slots.enumerated() { ticket?.position = base + offset }
    }
}
