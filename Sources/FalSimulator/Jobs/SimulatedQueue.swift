/// fal's queue: all jobs of all accounts, and what time does to them.
///
/// A value without a clock. `advance(to:)` lets everything happen that is due, in the order of
/// the instants at which it is due, however late it is called: asking once after an hour gives
/// the same states as asking every millisecond.
///
/// Memory: every job that is not over, and the `retention` that ended last. Older ones are
/// forgotten and their ids are unknown, as fal does when a result expires.
struct SimulatedQueue: Sendable {
    /// What may interest somebody who watches.
    struct Changes: Sendable {
        /// Jobs whose state changed, in the order of the changes.
        var jobs: [Ticket] = []
        /// Jobs that are over, each once. They may be forgotten by the queue already.
        var ended: [SimulatedJob] = []
        /// Accounts whose line moved: those who wait may have another position.
        var accounts: Set<Int> = []

        var isEmpty: Bool { jobs.isEmpty && accounts.isEmpty }

        mutating func merge(_ other: Changes) {
            jobs += other.jobs
            ended += other.ended
            accounts.formUnion(other.accounts)
        }
    }

    enum CancelAnswer: Sendable { case accepted, alreadyCompleted, notFound }

    private let retention: Int
    private let defaultLimit: Int?
    private var jobs = JobTable()
    private var tickets: [String: Ticket] = [:]
    private var lanes: [Int: Lane] = [:]
    private var alarms = Alarms()
    private var ended: [Ticket] = []
    private var endedHead = 0

    /// - Parameters:
    ///   - runnersPerAccount: for accounts without a limit of their own; nil is without bound.
    ///   - retention: how many jobs that ended can still be asked for.
    init(runnersPerAccount: Int?, retention: Int) {
        defaultLimit = runnersPerAccount
        self.retention = retention
    }

    var count: Int { jobs.count }
    /// The next instant at which a state changes by itself.
    var nextAlarm: Instant? { alarms.earliest }

    func ticket(for id: String) -> Ticket? { tickets[id] }
    subscript(ticket: Ticket) -> SimulatedJob? { jobs[ticket] }

    /// All jobs that are not forgotten, oldest first.
    func all() -> [Ticket] { jobs.tickets }

    func waiting(for account: Int) -> Int { lanes[account]?.waitingCount ?? 0 }
    func hasFreeRunner(_ account: Int) -> Bool { lanes[account]?.hasFreeRunner ?? true }
    /// Those of an account who wait for a runner, up to so many.
    func frontOfLine(_ account: Int, _ count: Int) -> ArraySlice<Ticket> { lanes[account]?.line.prefix(count) ?? [] }
    /// Whether the job changes only by being looked at.
    func isPolled(_ ticket: Ticket) -> Bool { jobs[ticket]?.isPolled ?? false }

    mutating func setLimit(_ limit: Int?, for account: Int, at now: Instant) -> Changes {
        var changes = advance(to: now)
        lanes[account, default: Lane(limit: limit)].limit = limit
        fill(account, at: now, &changes)
        return changes
    }

    /// Takes a job in. An id that was used before now means the new job.
    mutating func submit(_ order: Order, at now: Instant) -> (ticket: Ticket, changes: Changes) {
        var changes = advance(to: now)
        let ticket = jobs.insert(SimulatedJob(order, submitted: now))
        tickets[order.id] = ticket
        setAlarm(for: ticket, after: order.queue, .queueTimeIsOver, at: now)
        if let deadline = order.startDeadline {
            alarms.set(.init(at: now + deadline, ticket: ticket, stamp: 0, event: .startDeadlinePasses))
        }
        changes.merge(advance(to: now))
        return (ticket, changes)
    }

    mutating func advance(to now: Instant) -> Changes {
        var changes = Changes()
        while let alarm = alarms.next(until: now) {
            guard let job = jobs[alarm.ticket] else { continue }
            // A start deadline holds as long as the job has not started; the others end with their state.
            guard alarm.event == .startDeadlinePasses || job.stamp == alarm.stamp else { continue }
            apply(alarm.event, to: alarm.ticket, at: alarm.at, &changes)
        }
        return changes
    }

    /// The place of a job that is IN_QUEUE: how many are before it.
    func position(of ticket: Ticket, at now: Instant) -> Int {
        guard let job = jobs[ticket] else { return 0 }
        return job.scriptedPosition(at: now) + (lanes[job.order.account]?.ahead(of: ticket) ?? 0)
    }

    /// Counts a look at the status; jobs that are planned in polls move on.
    mutating func look(at ticket: Ticket, at now: Instant) -> Changes {
        var changes = advance(to: now)
        // Queue, runner and run can all be over with one look, so at most three steps.
        for _ in 0..<3 {
            guard let event = jobs[ticket]?.look() else { break }
            apply(event, to: ticket, at: now, &changes)
        }
        return changes
    }

    /// - Returns: 1 for the first visit to this address of the job.
    mutating func countVisit(_ route: Fault.Route, of ticket: Ticket) -> Int {
        jobs[ticket]?.visits.count(route) ?? 1
    }

    mutating func cancel(_ ticket: Ticket, at now: Instant) -> (answer: CancelAnswer, changes: Changes) {
        var changes = advance(to: now)
        switch jobs[ticket]?.state {
        case .completed: return (.alreadyCompleted, changes)
        case .removed, nil: return (.notFound, changes)
        case .queued, .ready, .running: apply(.cancel, to: ticket, at: now, &changes)
        }
        return (.accepted, changes)
    }

    /// Lets a held job go on: out of the queue, or out of its runner.
    mutating func release(_ ticket: Ticket, at now: Instant) -> Changes {
        var changes = advance(to: now)
        guard let job = jobs[ticket] else { return changes }
        switch job.state {
        case .queued: apply(.queueTimeIsOver, to: ticket, at: now, &changes)
        case .running: apply(.runTimeIsOver, to: ticket, at: now, &changes)
        case .ready, .completed, .removed: break
        }
        return changes
    }

    // MARK: Steps

    private mutating func apply(
        _ event: SimulatedJob.Event, to ticket: Ticket, at now: Instant, _ changes: inout Changes
    ) {
        guard let before = jobs[ticket]?.state, let order = jobs[ticket]?.order else { return }
        // An event that this state does not know is void: its cause was overtaken.
        guard (try? jobs[ticket]?.apply(event, at: now)) != nil else { return }
        guard let after = jobs[ticket]?.state, after != before else { return }
        changes.jobs.append(ticket)
        leave(before, ticket, order.account, &changes)
        switch after {
        case .queued: setAlarm(for: ticket, after: order.queue, .queueTimeIsOver, at: now)
        case .ready: lanes[order.account, default: Lane(limit: defaultLimit)].wait(ticket)
        case .running: setAlarm(for: ticket, after: order.run, .runTimeIsOver, at: now)
        case .completed, .removed:
            if let job = jobs[ticket] { changes.ended.append(job) }
            retain(ticket)
        }
        fill(order.account, at: now, &changes)
    }

    private mutating func leave(
        _ state: SimulatedJob.State, _ ticket: Ticket, _ account: Int, _ changes: inout Changes
    ) {
        switch state {
        case .ready:
            lanes[account]?.leave(ticket)
            changes.accounts.insert(account)
        case .running: lanes[account]?.freeRunner()
        case .queued, .completed, .removed: break
        }
    }

    private mutating func fill(_ account: Int, at now: Instant, _ changes: inout Changes) {
        while let next = lanes[account]?.startNext() {
            changes.jobs.append(next)
            changes.accounts.insert(account)
            guard (try? jobs[next]?.apply(.runnerIsFree, at: now)) != nil else {
                lanes[account]?.freeRunner()
                continue
            }
            if let order = jobs[next]?.order { setAlarm(for: next, after: order.run, .runTimeIsOver, at: now) }
        }
    }

    private mutating func setAlarm(
        for ticket: Ticket, after stay: Stay, _ event: SimulatedJob.Event, at now: Instant
    ) {
        guard case .time(let duration) = stay, let stamp = jobs[ticket]?.stamp else { return }
        alarms.set(.init(at: now + duration, ticket: ticket, stamp: stamp, event: event))
    }

    private mutating func retain(_ ticket: Ticket) {
        ended.append(ticket)
        guard ended.count - endedHead > retention else { return }
        let oldest = ended[endedHead]
        endedHead += 1
        if let id = jobs.remove(oldest)?.order.id, tickets[id] == oldest { tickets[id] = nil }
        guard endedHead > 1024, endedHead > ended.count / 2 else { return }
        ended.removeFirst(endedHead)
        endedHead = 0
    }
}

extension SimulatedJob {
    var isOver: Bool {
        switch state {
        case .completed, .removed: true
        case .queued, .ready, .running: false
        }
    }
}
