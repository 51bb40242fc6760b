import HTTP
package import Reactor

/// What became of the wish to cancel.
package enum Cancellation: Sendable, Hashable {
    /// fal took note. A job in the queue will not run and costs nothing; one in progress may still
    /// finish, and be billed.
    case requested
    case alreadyCompleted
    /// fal does not know the job, or no more.
    case unknownJob
}

extension QueueClient {
    /// Asks fal to cancel a job. Asking twice does no harm, so lost answers are made good here.
    ///
    /// Whoever gives up a request is usually cancelled itself: call this in a task of its own.
    package func cancel(
        _ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> Cancellation {
        var attempts = 0
        while true {
            attempts += 1
            switch try await askToCancel(job, at: upstream, until: deadline) {
            case .success(let outcome): return outcome
            case .failure(let failure):
                guard attempts < limits.cancelAttempts,
                    try await pause(limits.troubleFloor * attempts, for: job, until: deadline)
                else { throw failure }
            }
        }
    }

    /// - Returns: as failure, what may pass.
    /// - Throws: what will not.
    private func askToCancel(
        _ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> Result<Cancellation, FalFailure> {
        let answer: Answer
        do {
            answer = try await look(upstream.question(job.locations.cancel, by: .put), for: job, until: deadline)
        } catch where error.isAboutTheLook {
            return .failure(error)
        }
        if let outcome = Cancellation(answer) { return .success(outcome) }
        let failure = FalFailure(answer, at: .status, requestID: job.requestID).redacting(upstream.key)
        guard answer.status >= 500 || answer.status == 429 else { throw failure }
        return .failure(failure)
    }
}

extension Cancellation {
    /// fal's pages disagree on the code of success: any 2xx is one.
    fileprivate init?(_ answer: Answer) {
        switch answer.status {
        case 200..<300: self = .requested
        case 404: self = .unknownJob
        case 400 where ErrorBody(answer.body).queueStatus == "ALREADY_COMPLETED": self = .alreadyCompleted
        default: return nil
        }
    }
}
