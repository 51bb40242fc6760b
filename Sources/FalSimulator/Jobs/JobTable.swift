/// Jobs in numbered slots, found without hashing. A slot is used again; a ticket says which job
/// it means, so that one of a job that is gone finds nothing.
struct JobTable: Sendable {
    private var slots: [SimulatedJob?] = []
    private var numbers: [Int] = []
    private var free: [Int] = []
    private var lastNumber = 0

    var count: Int { slots.count - free.count }

    /// All of them, oldest first.
    var tickets: [Ticket] {
        slots.indices.filter { slots[$0] != nil }.map { Ticket(number: numbers[$0], slot: $0) }.sorted()
    }

    mutating func insert(_ job: SimulatedJob) -> Ticket {
        lastNumber += 1
        guard let slot = free.popLast() else {
            slots.append(job)
            numbers.append(lastNumber)
            return Ticket(number: lastNumber, slot: slots.count - 1)
        }
        slots[slot] = job
        numbers[slot] = lastNumber
        return Ticket(number: lastNumber, slot: slot)
    }

    mutating func remove(_ ticket: Ticket) -> SimulatedJob? {
        guard let job = self[ticket] else { return nil }
        slots[ticket.slot] = nil
        free.append(ticket.slot)
        return job
    }

    subscript(ticket: Ticket) -> SimulatedJob? {
        _read {
            yield isCurrent(ticket) ? slots[ticket.slot] : nil
        }
        _modify {
            if isCurrent(ticket) {
                yield &slots[ticket.slot]
            } else {
                var nobody: SimulatedJob?
                yield &nobody
            }
        }
    }

    private func isCurrent(_ ticket: Ticket) -> Bool {
        ticket.slot < slots.count && numbers[ticket.slot] == ticket.number
    }
}

/// A job's number in the order of submission, never used twice, and where it is kept.
struct Ticket: Sendable, Hashable, Comparable {
    let number: Int
    let slot: Int

    static func < (one: Ticket, other: Ticket) -> Bool { one.number < other.number }
}
