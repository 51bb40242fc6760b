/// A piece of a task that can run.
struct ReadyJob {
    let job: UnownedJob
    /// Whether it is meant for the executor of the loop's actors, or for that of its tasks.
    let isOfActor: Bool

    init(_ job: UnownedJob, isOfActor: Bool) {
        self.job = job
        self.isOfActor = isOfActor
    }
}

/// A ring of jobs ready to run on one loop. Grows by doubling, never shrinks: its length is
/// bounded by the number of live tasks.
struct JobQueue {
    private var slots: [ReadyJob?] = Array(repeating: nil, count: 1024)
    private var head = 0
    private(set) var count = 0

    mutating func push(_ job: ReadyJob) {
        if count == slots.count { grow() }
        slots[(head &+ count) & (slots.count &- 1)] = job
        count &+= 1
    }

    mutating func pop() -> ReadyJob? {
        guard count > 0 else { return nil }
        let job = slots[head]
        head = (head &+ 1) & (slots.count &- 1)
        count &-= 1
        return job
    }

    private mutating func grow() {
        var larger: [ReadyJob?] = []
        larger.reserveCapacity(slots.count * 2)
        for offset in 0..<count { larger.append(slots[(head + offset) & (slots.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: slots.count * 2 - count))
        slots = larger
        head = 0
    }
}
