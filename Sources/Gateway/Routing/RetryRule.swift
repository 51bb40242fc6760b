import Fal

/// What follows a failed job. The whole decision, as a pure function: nothing here looks at a clock,
/// a deployment or the network.
struct RetryRule: Sendable, Equatable {
    /// `retry_paid_failures`
    var retriesPaidFailures = false
    /// `retry_after`: the shortest pause.
    var retryAfter: Duration = .zero

    /// Before the second attempt at the same place; doubles with every further one.
    static let firstPause: Duration = .milliseconds(250)
    /// The longest pause, unless `retry_after` is longer.
    static let longestPause: Duration = .seconds(8)

    enum NextStep: Sendable, Hashable {
        /// At the same place, after a pause.
        case again(after: Duration)
        /// With another key or on another deployment of the model.
        case elsewhere(after: Duration)
        /// Another model.
        case fallback
        case giveUp
    }

    /// How things stand when a job has failed.
    struct Standing: Sendable, Hashable {
        /// What is left of `num_retries`.
        var retriesLeft = 0
        /// Attempts at this place, the failed one included.
        var attemptsHere = 1
        /// Whether a place of the same model is left that is usable and was not tried.
        var hasElsewhere = false
        /// Whether a model is left to fall back to.
        var hasFallback = false
        /// Jobs of this request that fal has taken and failed before this one.
        var failedJobs = 0
    }

    /// Where a failed job may be sent again.
    enum Repetition: Sendable, Hashable {
        case nowhere
        /// Here it would fail again.
        case elsewhere
        case anywhere
    }

    func next(after failure: FalFailure, _ standing: Standing) -> NextStep {
        let repetition = repetition(of: failure)
        guard repetition != .nowhere else { return .giveUp }
        // fal itself has tried a job up to ten times before it failed it; once more is enough.
        if failure.acceptance == .accepted, standing.failedJobs > 0 { return .giveUp }
        // A key that fal does not take is passed over, which is not a retry: nothing was tried yet.
        let isFree = failure.isRefusalOfKey
        if standing.hasElsewhere, isFree || standing.retriesLeft > 0 { return .elsewhere(after: isFree ? .zero : retryAfter) }
        if repetition == .anywhere, standing.retriesLeft > 0 { return .again(after: pause(standing.attemptsHere)) }
        return standing.hasFallback ? .fallback : .giveUp
    }

    /// Where the job may go after this failure: nowhere when the failure was the caller's, when it is
    /// over, or when it can have cost money and that is not to be risked.
    func repetition(of failure: FalFailure) -> Repetition {
        switch failure.kind {
        case .deadlineExceeded, .interrupted, .cancelled: return .nowhere
        default: break
        }
        guard Blame(failure.kind) != .caller else { return .nowhere }
        switch failure.acceptance {
        case .notAccepted: return failure.resubmission == .safe ? .anywhere : .elsewhere
        case .unknown: return retriesPaidFailures ? .anywhere : .nowhere
        case .accepted: return retriesPaidFailures || failure.isFreeOfCost ? .elsewhere : .nowhere
        }
    }

    private func pause(_ attempts: Int) -> Duration {
        let doublings = max(0, min(attempts - 1, 16))
        return max(retryAfter, min(RetryRule.firstPause * (1 << doublings), RetryRule.longestPause))
    }
}

extension FalFailure {
    /// fal would not look at the job because of the key.
    var isRefusalOfKey: Bool {
        switch Blame(self.kind) {
        case .key, .access(.denied): self.acceptance == .notAccepted
        default: false
        }
    }

    /// Of a job that fal has taken: whether it is known to be over and unbilled.
    fileprivate var isFreeOfCost: Bool {
        guard self.resubmission == .once, !mayHaveCost else { return false }
        switch self.kind {
        case .modelFailed, .unavailable, .timedOut: return true
        default: return false
        }
    }
}
