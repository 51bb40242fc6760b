import Fal
import Ledger
import Reactor

/// The jobs of a request while they run: what is tried now, and what has come of it.
///
/// An object, because there is no task that could have it in its frames: while fal works nothing runs for
/// the request. Belongs to one loop.
final class Execution {
    /// What runs now; another one after a fallback.
    var order: ImageOrder
    let record: RequestRecord
    let running: RunningRequest
    /// Those of the order, in their order.
    var calls: [RunningCall] = []
    /// How many of them are not over.
    var callsLeft = 0
    /// What the jobs gave, by their number.
    var deliveries: [Int: Delivery] = [:]
    /// Of the deployments tried so far; held to the end.
    var places: [Admission.Place]
    private(set) var isCancelled = false
    /// Nothing more is begun: its jobs were stopped, or those that a model works on go on for nobody.
    var isGivenUp: Bool { isCancelled || running.isLeft }
    /// Until those who wait are told that they have waited long enough.
    private var alarm: Waiter?

    init(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest, _ places: [Admission.Place]) {
        self.order = order
        self.record = record
        self.running = running
        self.places = places
    }

    /// What came of the calls that have just been run. What was tried before them is superseded, or nothing would
    /// have been run after it.
    var tried: [CallOutcome] { record.outcomes.filter { !$0.isSuperseded } }

    /// The request goes on elsewhere.
    func supersede(_ failed: [CallOutcome], by next: ImageOrder) {
        for outcome in failed {
            outcome.way = nil
            outcome.isSuperseded = true
        }
        order = next
        running.progress.begin(jobs: next.plan.calls.count)
    }

    /// Notes what the caller was told, or why he was told nothing, before the end: the first counts.
    func leave(with error: GatewayError) {
        record.leftWith = record.leftWith ?? error
    }

    /// Nothing is tried after these.
    func stay(with tried: [CallOutcome]) {
        record.retries = tried.reduce(order.way.retries) { max($0, $1.way?.retries ?? 0) }
        for outcome in tried { outcome.way = nil }
        if let served = tried.first(where: \.isDelivered) { record.deployment = served.deployment }
    }

    /// What all jobs gave, in their order.
    var delivery: Delivery {
        var all = Delivery()
        for outcome in record.outcomes {
            if let delivery = deliveries[outcome.job.ordinal] { all.append(delivery) }
        }
        return all
    }

    /// - Parameter work: called at the deadline, unless `endAlarm` was called before.
    func setAlarm(until deadline: Deadline, on reactor: Reactor, _ work: @escaping () -> Void) {
        guard alarm == nil else { return }
        let alarm = Waiter(on: reactor)
        self.alarm = alarm
        alarm.whenOver(until: deadline) { if self.alarm != nil { work() } }
    }

    func endAlarm() { alarm.take()?.wake() }

    /// Stops the jobs where fal lets them be stopped. Nothing is begun after it, unless a model works on all of those
    /// that are left: then nothing was stopped.
    func cancel(_ jobs: JobsToStop) {
        let stopped = calls.filter { jobs == .all || !$0.isWorkedOn }
        if stopped.count < calls.count { running.goOn() }
        guard jobs == .all || stopped.count > 0 else { return }
        isCancelled = true
        leave(with: .hungUp)
        for call in stopped { call.cancel() }
    }
}

/// One of a request's calls on its way from the submission to the result, part of an `Execution`.
final class RunningCall {
    unowned let execution: Execution
    var outcome: CallOutcome
    /// Of all waiting for fal.
    let deadline: Deadline
    /// Where it stands among the calls, wherever it is sent.
    let place: Int
    private let began = Deadline.now
    /// From fal's receipt to the end of the job.
    var follower: JobFollower?
    /// What runs for it now.
    private var task: Task<Void, Never>?
    /// It is being sent to fal, which nothing interrupts: the cancellation is heard of when that is over.
    var isSubmitting = false {
        didSet { if isCancelled { cancel() } }
    }
    private var isCancelled: Bool

    init(_ outcome: CallOutcome, at place: Int, of execution: Execution) {
        self.execution = execution
        self.outcome = outcome
        self.place = place
        isCancelled = execution.isCancelled
        deadline = execution.record.deadline(of: execution.order.deployment)
    }

    var order: ImageOrder { execution.order }
    var running: RunningRequest { execution.running }

    /// Where it is sent now.
    var deployment: Deployment { outcome.deployment ?? order.deployment }

    func note(_ phase: JobPhase) {
        outcome.phase = phase
        running.note(phase, ofJob: place)
    }

    /// fal has done its work.
    func completed(_ completion: Completion) {
        outcome.completion = completion
        outcome.phase = .inProgress
        running.progress.note(.inProgress, ofJob: place)
    }

    /// A model works on it, or has.
    var isWorkedOn: Bool { outcome.phase == .inProgress && (outcome.failure == nil || outcome.isAbandoned) }

    /// Nothing more is waited for.
    func over() {
        follower = nil
        outcome.waited = .nanoseconds(Deadline.now.nanoseconds(since: began))
    }

    // MARK: What runs for it

    /// A cancelled call runs to its end, with cancelled tasks.
    func run(_ task: Task<Void, Never>) {
        self.task = task
        if isCancelled { task.cancel() }
    }

    /// Waits for news of the job without a task.
    ///
    /// - Parameter work: called once, on this loop; perhaps before this returns.
    func rest(_ work: @escaping () -> Void) {
        task = nil
        if isCancelled { follower?.wake() }
        follower?.rest(work)
    }

    func cancel() {
        isCancelled = true
        guard !isSubmitting else { return }
        task?.cancel()
        follower?.wake()
    }
}
