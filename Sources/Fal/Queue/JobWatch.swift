import Reactor

/// Where a job is while it is followed.
package enum JobPhase: Sendable, Hashable {
    /// Jobs ahead, where fal says so.
    case inQueue(position: Int?)
    case inProgress
}

/// A job is over, one way or the other.
///
/// An object, because every call that waits for it has room for it.
package final class Completion: Sendable, Equatable {
    /// From acceptance to the beginning of the work.
    package let queued: Duration
    /// While the model worked.
    package let inProgress: Duration
    /// fal's own measurement of the work, in seconds.
    package let inferenceTime: Double?
    /// Of a job that failed, fal's text. Its real status and body come with the result.
    package let error: String?
    package let errorType: String?
    /// What fal's webhook said, where it brought the news.
    package let webhook: FalWebhook?

    package init(
        queued: Duration, inProgress: Duration, inferenceTime: Double? = nil, error: String? = nil,
        errorType: String? = nil, webhook: FalWebhook? = nil
    ) {
        self.queued = queued
        self.inProgress = inProgress
        self.inferenceTime = inferenceTime
        self.error = error
        self.errorType = errorType
        self.webhook = webhook
    }

    /// fal has said that it failed.
    var isFailure: Bool { error != nil || errorType != nil }

    package static func == (one: Completion, other: Completion) -> Bool {
        one.queued == other.queued && one.inProgress == other.inProgress && one.inferenceTime == other.inferenceTime
            && one.error == other.error && one.errorType == other.errorType && one.webhook == other.webhook
    }
}

/// Adds up what is heard of a job. A value: whoever talks to fal only drives it.
struct JobWatch: Equatable {
    /// What a status brought.
    enum News: Equatable {
        case nothing
        case phase(JobPhase)
        case completed(Completion)
    }

    private(set) var phase: JobPhase
    private var since: Deadline
    private var queued: UInt64 = 0
    private var inProgress: UInt64 = 0

    init(from accepted: Deadline, position: Int?) {
        phase = .inQueue(position: position)
        since = accepted
    }

    /// Time counts for the phase the job was last known to be in. fal puts a job back into its queue
    /// when a runner fails, so both phases may come several times.
    mutating func hear(_ status: QueueStatus, at now: Deadline) -> News {
        pass(to: now)
        let next: JobPhase
        switch status.state {
        case .completed:
            return .completed(
                over(at: now, inferenceTime: status.inferenceTime, error: status.error, errorType: status.errorType))
        case .unknown: return .nothing
        case .inQueue(let position): next = .inQueue(position: position)
        case .inProgress: next = .inProgress
        }
        guard next != phase else { return .nothing }
        phase = next
        return .phase(next)
    }

    private mutating func pass(to now: Deadline) {
        let passed = now.nanoseconds(since: since)
        since = now
        if case .inProgress = phase { inProgress += passed } else { queued += passed }
    }

    /// Work that fell between two looks is known from fal's own measurement.
    mutating func over(
        at now: Deadline, inferenceTime: Double?, error: String?, errorType: String?, webhook: FalWebhook? = nil
    ) -> Completion {
        pass(to: now)
        let total = queued + inProgress
        let measured = UInt64(min((inferenceTime ?? 0) * 1e9, Double(total)))
        let working = max(inProgress, min(measured, total))
        return Completion(
            queued: .nanoseconds(Int64(clamping: total - working)), inProgress: .nanoseconds(Int64(clamping: working)),
            inferenceTime: inferenceTime, error: error, errorType: errorType, webhook: webhook)
    }

    /// The job is over. Nothing was heard between its submit and this: what is not known to be work
    /// counts as waiting.
    mutating func hear(_ webhook: FalWebhook, at now: Deadline) -> Completion {
        var failure: FalFailure?
        if case .failed(let told) = webhook.end { failure = told }
        return over(
            at: now, inferenceTime: webhook.inferenceTime, error: failure?.message,
            errorType: failure.flatMap { $0.type == $0.kind.rawValue ? nil : $0.type }, webhook: webhook)
    }
}
