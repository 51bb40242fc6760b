/// The runners of one account and the jobs that wait for them, in the order they were submitted.
///
/// fal lets an account have a number of requests IN_PROGRESS (two for a new one); all others wait.
struct Lane: Sendable {
    /// The most jobs IN_PROGRESS at a time; nil is without bound.
    var limit: Int?
    private(set) var running = 0
    /// Sorted; those before `head` are gone.
    private var waiting: [Ticket] = []
    private var head = 0

    init(limit: Int?) { self.limit = limit }

    var waitingCount: Int { waiting.count - head }
    var hasFreeRunner: Bool { limit.map { running < $0 } ?? true }

    /// The waiting ones that stand before it, whether it waits itself or not.
    func ahead(of ticket: Ticket) -> Int { index(of: ticket) - head }

    /// Those who wait, first in line first.
    var line: ArraySlice<Ticket> { waiting[head...] }

    mutating func wait(_ ticket: Ticket) { waiting.insert(ticket, at: index(of: ticket)) }

    mutating func leave(_ ticket: Ticket) {
        let index = index(of: ticket)
        guard index < waiting.count, waiting[index] == ticket else { return }
        waiting.remove(at: index)
    }

    /// The first in line takes a runner; nil when nobody waits or no runner is free.
    mutating func startNext() -> Ticket? {
        guard hasFreeRunner, head < waiting.count else { return nil }
        let ticket = waiting[head]
        head += 1
        running += 1
        if head > 1024, head > waiting.count / 2 {
            waiting.removeFirst(head)
            head = 0
        }
        return ticket
    }

    mutating func freeRunner() { running -= 1 }

    private func index(of ticket: Ticket) -> Int {
        var (low, high) = (head, waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle] < ticket { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
