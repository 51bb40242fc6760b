/// What is due when: a binary heap of instants, earliest first; equal instants in the order they
/// were set.
///
/// An alarm is never taken back. It carries the stamp its job had, and one whose job has moved
/// on since is void: cancelling ten thousand jobs costs nothing here.
struct Alarms: Sendable {
    struct Alarm: Sendable, Equatable {
        let at: Instant
        let ticket: Ticket
        let stamp: Int
        let event: SimulatedJob.Event
    }

    private var heap: [(alarm: Alarm, number: Int)] = []
    private var number = 0

    var count: Int { heap.count }
    var earliest: Instant? { heap.first?.alarm.at }

    mutating func set(_ alarm: Alarm) {
        number += 1
        heap.append((alarm, number))
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest one out if it is due.
    mutating func next(until now: Instant) -> Alarm? {
        guard let first = heap.first?.alarm, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ one: Int, _ other: Int) -> Bool {
        (heap[one].alarm.at, heap[one].number) < (heap[other].alarm.at, heap[other].number)
    }
}
