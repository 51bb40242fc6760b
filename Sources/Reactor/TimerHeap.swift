/// Waiters ordered by deadline: a binary heap in which each waiter knows its place, so that
/// the common end of a wait (the event came, not the deadline) takes it out at once and the
/// heap never fills with deadlines of waits long over.
struct TimerHeap {
    private var heap: [Waiter] = []

    /// The earliest deadline, if any waiter has one.
    var next: Deadline? { heap.first?.deadline }

    mutating func insert(_ waiter: Waiter) {
        waiter.heapIndex = heap.count
        heap.append(waiter)
        siftUp(heap.count - 1)
    }

    mutating func remove(_ waiter: Waiter) {
        let index = waiter.heapIndex
        guard index >= 0 else { return }
        waiter.heapIndex = Waiter.notInHeap
        let last = heap.removeLast()
        guard index < heap.count else { return }
        place(last, at: index)
        siftUp(index)
        siftDown(last.heapIndex)
    }

    /// Takes out the earliest waiter whose deadline is not after `now`.
    mutating func popExpired(at now: Deadline) -> Waiter? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        remove(first)
        return first
    }

    private mutating func place(_ waiter: Waiter, at index: Int) {
        heap[index] = waiter
        waiter.heapIndex = index
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        let waiter = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard waiter.deadline < heap[parent].deadline else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(waiter, at: index)
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let waiter = heap[index]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < waiter.deadline else { break }
            place(heap[child], at: index)
            index = child
        }
        place(waiter, at: index)
    }
}
