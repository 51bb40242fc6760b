import Fal
import Ledger
import Reactor

/// The jobs of a request while they run: what is tried now, and what has come of it.
///
/// An object that belongs to one task, because every call between that task and what it waits for
/// would hold a copy of a value.
final class Execution {
    /// What runs now; another one after a fallback.
    var order: ImageOrder
    var record: RequestRecord
    let running: RunningRequest
    /// What the jobs gave, by their number.
    var deliveries: [Int: Delivery] = [:]
    /// On the deployments tried after the first; held to the end.
    var places: [Admission.Place] = []

    init(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest) {
        self.order = order
        self.record = record
        self.running = running
    }

    /// What all jobs gave, in their order.
    var delivery: Delivery {
        var all = Delivery()
        for outcome in record.outcomes { all.append(deliveries[outcome.job.ordinal] ?? Delivery()) }
        return all
    }
}

/// One of a request's calls on its way from the submission to the result. Belongs to one task, like
/// the `Execution` it is part of.
///
/// What is not inlined here and below `Worker.run` would otherwise have its temporaries in the frames of
/// those who wait, one for each of ten thousand requests.
final class RunningCall {
    var outcome: CallOutcome
    let order: ImageOrder
    let record: RequestRecord
    let running: RunningRequest
    /// Of all waiting for fal.
    let deadline: Deadline
    /// Where it stands among the calls, wherever it is sent.
    let place: Int

    convenience init(_ outcome: CallOutcome, of execution: Execution) {
        self.init(outcome, of: execution.order, execution.record, execution.running)
    }

    init(_ outcome: CallOutcome, of order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest) {
        self.outcome = outcome
        self.order = order
        self.record = record
        self.running = running
        deadline = record.deadline(of: order.deployment)
        place = outcome.job.ordinal - order.firstOrdinal
    }

    @inline(never)
    func note(_ phase: JobPhase) {
        outcome.phase = phase
        running.note(phase, ofJob: place)
    }

    /// Given up before anything was sent.
    @inline(never)
    func stopped() { outcome.end = .failed(.hungUp) }

    @inline(never)
    func over(since began: Deadline) {
        outcome.waited = .nanoseconds(Deadline.now.nanoseconds(since: began))
    }

    /// Where it is sent now.
    var deployment: Deployment { outcome.deployment ?? order.deployment }
}
