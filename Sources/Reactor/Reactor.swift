import CLinux
import Glibc
import Synchronization

/// One event loop: a thread with epoll and a timer heap.
///
/// It has the serial executor of the actors pinned to it and is the task executor of their tasks, so
/// an `async` function on such an actor suspends and resumes on this thread alone. Pin an actor:
///
///     actor Worker {
///         nonisolated let reactor: Reactor
///         nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
///     }
///
/// and start its work with `reactor.spawn`: a task without this executor preference would resume
/// on the global pool and hop back at every suspension. Nothing that blocks may run here.
package final class Reactor: TaskExecutor, @unchecked Sendable {
    // @unchecked: every stored property below `inbox` is touched on the loop's thread alone,
    // which `preconditionOnLoop` verifies at the entries.

    /// Events taken from the kernel at once; more wait for the next turn.
    private static let eventBatch = 512
    /// Jobs run before the kernel is asked for events again, so that a task that always has more
    /// to do cannot starve the sockets.
    private static let jobsPerTurn = 1024
    /// Size of `scratch`: the largest read at once.
    package static let scratchBytes = 64 * 1024

    private let epoll: Int32
    private let wakeup: Int32
    private let thread = Atomic<UInt>(0)
    private let inbox = Mutex(Inbox())
    private let actors = ActorExecutor()

    private struct Inbox {
        var jobs: [ReadyJob] = []
        var work: [@Sendable () -> Void] = []
        var isStopped = false
        var isEmpty: Bool { jobs.isEmpty && work.isEmpty && !isStopped }

        /// Forgets what is in it and keeps the room that it took, unless a burst has made that large.
        mutating func clear() {
            jobs.removeAll(keepingCapacity: jobs.count <= Inbox.usualCount)
            work.removeAll(keepingCapacity: work.count <= Inbox.usualCount)
        }

        private static let usualCount = 1024
    }

    /// The inbox emptied last, whose room the next one takes.
    private var spareInbox = Inbox()

    // Used many times a request, on one thread and in steps that call nobody back: checking each at run time
    // that it overlaps no other would cost more than most of them.
    @exclusivity(unchecked) private var ready = JobQueue()
    @exclusivity(unchecked) private var timers = TimerHeap()
    private var unregistered: [EventSource] = []
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Reactor.eventBatch)

    /// When the current turn of the loop began; on the loop only. Behind the clock by what this turn has done so far:
    /// near enough for the end of a wait of seconds, and for free. Not for durations that are told, and not for the
    /// bound of a piece of work that goes on without suspending: it stands still meanwhile.
    @exclusivity(unchecked) package private(set) var turnBegan = Deadline.now

    /// A read buffer shared by everything on this loop. Its content is valid until the next
    /// suspension: what must outlive it is copied first.
    package let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Reactor.scratchBytes, alignment: 16)

    /// Creates the loop and starts its thread.
    ///
    /// - Parameter name: shown by `top -H` and debuggers; the kernel keeps 15 bytes.
    /// - Throws: `.system` when the process is out of descriptors or threads.
    package init(name: String) throws(IOFailure) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .last("epoll_create1") }
        wakeup = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard wakeup >= 0 else { throw .last("eventfd") }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event)
        actors.reactor = self
        try startThread(named: name) { self.run() }
    }

    deinit {
        close(epoll)
        close(wakeup)
        events.deallocate()
        scratch.deallocate()
    }

    /// Starts a task whose code runs on this loop.
    @discardableResult
    package func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task.detached(executorPreference: self, operation: body)
    }

    /// Runs `work` on this loop's thread, soon. Callable from any thread.
    package func post(_ work: @escaping @Sendable () -> Void) {
        deliver { $0.work.append(work) }
    }

    /// Ends the thread after the current turn. Tasks still suspended on this loop never resume,
    /// so it is called when nothing is left to wait for.
    package func stop() {
        deliver { $0.isStopped = true }
    }

    /// Suspends the calling task, which must run on this loop.
    ///
    /// - Throws: `.cancelled` when the task is cancelled.
    package func sleep(until deadline: Deadline) async throws(IOFailure) {
        do {
            try await Waiter(on: self).wait(until: deadline)
        } catch {
            if error != .timedOut { throw error }
        }
    }

    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    func preconditionOnLoop() {
        precondition(isCurrent, "used outside its event loop")
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        enqueue(ReadyJob(UnownedJob(job), isOfActor: false))
    }

    func enqueue(_ job: ReadyJob) {
        if isCurrent {
            ready.push(job)
        } else {
            deliver { $0.jobs.append(job) }
        }
    }

    /// What the actors pinned to this loop run on.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        actors.asUnownedSerialExecutor()
    }

    private func deliver(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            let wasEmpty = inbox.isEmpty
            change(&inbox)
            return wasEmpty
        }
        guard mustWake else { return }
        var one: UInt64 = 1
        write(wakeup, &one, 8)
    }

    // MARK: The loop

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        while true {
            var budget = Reactor.jobsPerTurn
            while budget > 0, let next = ready.pop() {
                if next.isOfActor {
                    next.job.runSynchronously(isolatedTo: serial, taskExecutor: task)
                } else {
                    next.job.runSynchronously(on: task)
                }
                budget &-= 1
            }
            if !unregistered.isEmpty { unregistered.removeAll(keepingCapacity: true) }
            let count = epoll_wait(epoll, events, Int32(Reactor.eventBatch), timeout())
            turnBegan = .now
            for index in 0..<max(0, Int(count)) {
                let event = events[index]
                if let pointer = event.data.ptr {
                    Unmanaged<EventSource>.fromOpaque(pointer)._withUnsafeGuaranteedRef { $0.handle(event.events) }
                } else if emptyInbox() {
                    return
                }
            }
            expireTimers()
        }
    }

    /// Milliseconds that epoll may sleep: 0 with jobs ready, else until the next deadline, rounded
    /// up so that a timer never spins through its last millisecond. What the turn has taken so far is not
    /// counted: a look at the clock for it would be made at every turn, and nearly none ends with a timer.
    private func timeout() -> Int32 {
        if ready.count > 0 { return 0 }
        guard let next = timers.next else { return -1 }
        let left = next.nanoseconds(since: turnBegan)
        return left == 0 ? 0 : Int32(min(left / 1_000_000 + 1, 60_000))
    }

    private func expireTimers() {
        while let waiter = timers.popExpired(at: turnBegan) { waiter.expire() }
    }

    /// - Returns: whether the loop was told to stop.
    private func emptyInbox() -> Bool {
        var count: UInt64 = 0
        read(wakeup, &count, 8)
        var delivered = Inbox()
        swap(&delivered, &spareInbox)
        inbox.withLock { swap(&$0, &delivered) }
        for job in delivered.jobs { ready.push(job) }
        for work in delivered.work { work() }
        let isStopped = delivered.isStopped
        delivered.clear()
        swap(&delivered, &spareInbox)
        return isStopped
    }

    // MARK: What sockets and waiters need; on the loop only

    func startTimer(_ waiter: Waiter) {
        timers.insert(waiter)
    }

    func stopTimer(_ waiter: Waiter) {
        timers.remove(waiter)
    }

    func register(_ source: EventSource, for mask: UInt32) throws(IOFailure) {
        preconditionOnLoop()
        let pointer = Unmanaged.passRetained(source).toOpaque()
        var event = epoll_event(events: mask, data: epoll_data_t(ptr: pointer))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, source.descriptor, &event) == 0 else {
            Unmanaged<EventSource>.fromOpaque(pointer).release()
            throw .last("epoll_ctl")
        }
    }

    /// Ends a registration. The source lives on until no event of the current batch can name it.
    func unregister(_ source: EventSource) {
        preconditionOnLoop()
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, source.descriptor, &event)
        unregistered.append(Unmanaged.passUnretained(source).takeRetainedValue())
    }
}
