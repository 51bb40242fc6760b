internal import CLinux
internal import Glibc
internal import Synchronization

/// Hands work from any number of callers to one thread, in order.
final class WorkQueue<Element: Sendable>: Sendable {
    /// How work is taken in.
    enum Admission: Sendable {
        case refusable
        /// Taken whatever waits already: it completes what was taken before.
        case owed
        /// As `owed`, but nobody waits for it: it goes along with what somebody waits for, and by itself
        /// when nothing has come for it to go with within `patience`.
        case unhurried
    }

    private struct State {
        var waiting: [Element] = []
        /// Whether some of what waits is waited for.
        var isPressing = false
        var accepted = 0
        var isClosed = false
        var parking = Parking.none
    }

    /// What the thread waits for.
    private enum Parking {
        case none
        case work
        case company
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let room: Int
    private let patience: Duration

    init(room: Int, patience: Duration = .zero) {
        self.room = room
        self.patience = patience
    }

    /// - Throws: `.overloaded` when `room` pieces wait and this one is refusable, `.closed` after `close()`.
    func put(_ element: Element, _ admission: Admission) throws(LedgerError) {
        let mustRing = try state.withLock { state throws(LedgerError) -> Bool in
            guard !state.isClosed else { throw .closed }
            guard admission != .refusable || state.waiting.count < room else { throw .overloaded }
            state.waiting.append(element)
            state.accepted += 1
            if admission != .unhurried { state.isPressing = true }
            guard state.parking == .work || (state.parking == .company && state.isPressing) else { return false }
            state.parking = .none
            return true
        }
        if mustRing { bell.ring() }
    }

    /// All that waits, as soon as somebody waits for it or nobody has for `patience`.
    /// - Returns: nil when the queue is closed and empty.
    func takeAll() -> [Element]? {
        var isPatienceOver = false
        while true {
            let (taken, parking) = state.withLock { state -> ([Element], Parking) in
                if state.isPressing || state.isClosed || isPatienceOver, !state.waiting.isEmpty {
                    defer { state.waiting = [] }
                    (state.isPressing, state.parking) = (false, .none)
                    return (state.waiting, .none)
                }
                state.parking = state.isClosed ? .none : state.waiting.isEmpty ? .work : .company
                return ([], state.parking)
            }
            switch parking {
            case .none: return taken.isEmpty ? nil : taken
            case .work: bell.wait()
            case .company: isPatienceOver = !bell.wait(atMost: patience)
            }
        }
    }

    var count: Int { state.withLock { $0.waiting.count } }

    /// Whether the thread waits to be woken.
    var isThreadParked: Bool { state.withLock { $0.parking != .none } }

    /// How many were ever taken in.
    var accepted: Int { state.withLock { $0.accepted } }

    /// Takes no more work. What waits is still handed out.
    func close() {
        let mustRing = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.parking = .none }
            return state.parking != .none
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

    /// - Returns: false when it has not been rung in this time.
    func wait(atMost time: Duration) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + Int(time.components.attoseconds / 1_000_000_000)
        end.tv_sec += Int(time.components.seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        while sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }
}
