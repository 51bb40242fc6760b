internal import Glibc
internal import Synchronization

/// Hands work from any number of callers to one thread, in order.
final class WorkQueue<Element: Sendable>: Sendable {
    /// Whether work may be refused for want of room.
    enum Admission: Sendable {
        case refusable
        /// Taken whatever waits already: it completes what was taken before.
        case owed
    }

    private struct State {
        var waiting: [Element] = []
        var accepted = 0
        var isClosed = false
        var isThreadParked = false
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let room: Int

    init(room: Int) {
        self.room = room
    }

    /// - Throws: `.overloaded` when `room` pieces wait and this one is refusable, `.closed` after `close()`.
    func put(_ element: Element, _ admission: Admission) throws(LedgerError) {
        let mustRing = try state.withLock { state throws(LedgerError) -> Bool in
            guard !state.isClosed else { throw .closed }
            guard admission == .owed || state.waiting.count < room else { throw .overloaded }
            state.waiting.append(element)
            state.accepted += 1
            defer { state.isThreadParked = false }
            return state.isThreadParked
        }
        if mustRing { bell.ring() }
    }

    /// All that waits, as soon as something does.
    /// - Returns: nil when the queue is closed and empty.
    func takeAll() -> [Element]? {
        while true {
            let (taken, isClosed) = state.withLock { state -> ([Element], Bool) in
                let taken = state.waiting
                state.waiting = []
                state.isThreadParked = taken.isEmpty && !state.isClosed
                return (taken, state.isClosed)
            }
            if !taken.isEmpty { return taken }
            if isClosed { return nil }
            bell.wait()
        }
    }

    var count: Int { state.withLock { $0.waiting.count } }

    /// How many were ever taken in.
    var accepted: Int { state.withLock { $0.accepted } }

    /// Takes no more work. What waits is still handed out.
    func close() {
        let mustRing = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.isThreadParked = false }
            return state.isThreadParked
        }
        if mustRing { bell.ring() }
    }
}

/// Wakes one thread: a POSIX semaphore, which remembers a ring that comes before the wait.
private final class Bell: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func ring() {
        sem_post(semaphore)
    }

    func wait() {
        // Interrupted by a signal: go on waiting.
        while sem_wait(semaphore) != 0 {}
    }
}
