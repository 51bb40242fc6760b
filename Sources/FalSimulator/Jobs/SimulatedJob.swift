/// One request in fal's queue.
///
/// A pure state machine: `apply` is the only way its state changes, time comes in as an
/// argument, and nothing here knows of sockets, other jobs or runners.
///
///     queued ──▶ ready ──▶ running ──▶ completed
///       ▲  └───────┴─────────┼───────▶ completed(cancelled, timed out) or removed
///       └────── requeued ────┘
struct SimulatedJob: Sendable {
    enum State: Sendable, Equatable {
        /// IN_QUEUE, for as long as its plan says.
        case queued(since: Instant)
        /// IN_QUEUE still, because every runner of its account is busy.
        case ready
        /// IN_PROGRESS.
        case running(since: Instant)
        /// COMPLETED. With fal, failed jobs are COMPLETED as well.
        case completed(at: Instant, Conclusion)
        /// Gone from the queue; fal answers as if it had never been.
        case removed(at: Instant)
    }

    enum Conclusion: Sendable, Equatable {
        /// As the order planned: a delivery or a failure.
        case planned
        /// By the caller's PUT.
        case cancelled
        /// The caller's start deadline passed while it waited.
        case timedOut
    }

    enum Event: Sendable, CaseIterable {
        case queueTimeIsOver, runnerIsFree, runTimeIsOver, cancel, startDeadlinePasses
    }

    struct IllegalTransition: Error, Equatable {
        let state: State
        let event: Event
    }

    let order: Order
    let submitted: Instant
    private(set) var state: State
    /// Set when a PUT asked for it, even if the job goes on.
    private(set) var cancellationRequested: Instant?
    /// When it last got a runner.
    private(set) var started: Instant?
    /// Changes with every change of state: an alarm set for an older value is void.
    private(set) var stamp = 0
    private var requeuesLeft: Int
    private var looksLeft: Int
    var visits = Visits()

    init(_ order: Order, submitted: Instant) {
        self.order = order
        self.submitted = submitted
        state = .queued(since: submitted)
        requeuesLeft = order.requeues
        looksLeft = order.queue.looks
    }

    /// Moves to the next state.
    ///
    /// - Throws: `IllegalTransition`, and nothing has changed, for an event that cannot happen in
    ///   this state. A cancellation that comes too late is legal and changes nothing.
    mutating func apply(_ event: Event, at now: Instant) throws(IllegalTransition) {
        switch (state, event) {
        case (.queued, .queueTimeIsOver):
            enter(.ready)
        case (.ready, .runnerIsFree):
            started = now
            enter(.running(since: now))
        case (.running, .runTimeIsOver) where requeuesLeft > 0:
            requeuesLeft -= 1
            enter(.queued(since: now))
        case (.running, .runTimeIsOver):
            enter(.completed(at: now, .planned))
        case (.queued, .cancel), (.ready, .cancel):
            cancellationRequested = now
            enter(order.cancellation.queued == .removed ? .removed(at: now) : .completed(at: now, .cancelled))
        case (.running, .cancel):
            cancellationRequested = now
            if order.cancellation.running == .stops { enter(.completed(at: now, .cancelled)) }
        case (.completed, .cancel), (.removed, .cancel):
            break
        case (.queued, .startDeadlinePasses), (.ready, .startDeadlinePasses):
            enter(.completed(at: now, .timedOut))
        case (.running, .startDeadlinePasses), (.completed, .startDeadlinePasses), (.removed, .startDeadlinePasses):
            break
        default:
            throw IllegalTransition(state: state, event: event)
        }
    }

    /// Counts one look at the status of a job that moves on with being looked at.
    ///
    /// - Returns: the event that is due before the answer is given, if any.
    mutating func look() -> Event? {
        let (stay, event): (Stay, Event)
        switch state {
        case .queued: (stay, event) = (order.queue, .queueTimeIsOver)
        case .running: (stay, event) = (order.run, .runTimeIsOver)
        case .ready, .completed, .removed: return nil
        }
        guard case .polls = stay else { return nil }
        guard looksLeft > 0 else { return event }
        looksLeft -= 1
        return nil
    }

    /// Whether it moves on with being looked at.
    var isPolled: Bool {
        switch (state, order.queue, order.run) {
        case (.queued, .polls, _), (.running, _, .polls): true
        default: false
        }
    }

    /// How many are said to be before it, apart from those of its own account: counts down to
    /// zero while its queue time passes.
    func scriptedPosition(at now: Instant) -> Int {
        guard case .queued(let since) = state else { return 0 }
        switch order.queue {
        case .held: return order.position
        case .polls(let looks): return looks > 0 ? max(order.position, looks) * looksLeft / looks : 0
        case .time(let duration):
            guard duration > .zero, order.position > 0 else { return 0 }
            let left = 1 - min(1, now.since(since).inSeconds / duration.inSeconds)
            return Int((Double(order.position) * left).rounded(.up))
        }
    }

    private mutating func enter(_ next: State) {
        state = next
        stamp += 1
        switch next {
        case .queued: looksLeft = order.queue.looks
        case .running: looksLeft = order.run.looks
        case .ready, .completed, .removed: looksLeft = 0
        }
    }
}

extension SimulatedJob {
    /// How often each of its addresses was asked: faults are planned for the n-th time.
    struct Visits: Sendable, Equatable {
        private var counts = SIMD8<UInt32>()

        /// - Returns: 1 for the first visit.
        mutating func count(_ route: Fault.Route) -> Int {
            counts[route.rawValue] &+= 1
            return Int(counts[route.rawValue])
        }
    }
}

extension Stay {
    fileprivate var looks: Int {
        if case .polls(let count) = self { count } else { 0 }
    }
}
