import Fal
import Ledger
import Reactor

extension Worker {
    /// How long a job that nobody waits for is still followed. fal's slowest image models take
    /// minutes; after an hour the job stays in the journal, for the operator or the next start.
    static let patience: Duration = .seconds(3600)

    /// Brings a job to its end whose request was given up.
    ///
    /// One that was given up because its caller is gone is cancelled: nothing is billed for a job
    /// that still waits. One that took too long is followed on, for its image can still be fetched.
    /// The task that asks may be cancelled; this goes on.
    ///
    /// - Parameter error: why it was given up; it stays the outcome's error unless there are images.
    func finished(
        _ outcome: CallOutcome, after error: GatewayError, of order: ImageOrder, _ running: RunningRequest
    ) async -> CallOutcome {
        await Task(executorPreference: reactor) {
            await self.finish(outcome, after: error, on: outcome.deployment ?? order.deployment, running)
        }.value
    }

    func finish(
        _ abandoned: CallOutcome, after error: GatewayError, on deployment: Deployment, _ running: RunningRequest
    ) async -> CallOutcome {
        guard let receipt = abandoned.receipt else { return abandoned }
        var outcome = abandoned
        let deadline = Deadline.after(Worker.patience)
        do throws(FalFailure) {
            if error.kind == .clientGone { try await cancel(receipt, outcome.job, on: deployment, until: deadline) }
            let completion = try await queue.follow(receipt, at: deployment.upstream, until: deadline) { phase in
                outcome.phase = phase
                running.progress.note(phase, ofJob: abandoned.job.ordinal)
            }
            outcome.queued = completion.queued
            outcome.inProgress = completion.inProgress
            let result = try await queue.result(
                of: receipt, after: completion, at: deployment.upstream, until: deadline)
            outcome.settle(result, on: deployment)
        } catch let failure {
            outcome.fail(failure, on: deployment)
            if case .failed = outcome.end { outcome.end = .failed(error) }
        }
        if case .abandoned(let error) = outcome.end {
            core.log.write(.error, "job left unsettled", [("job", outcome.job.description), ("reason", error.detail ?? error.message)])
        }
        return outcome
    }

    private func cancel(
        _ receipt: SubmittedJob, _ job: JobID, on deployment: Deployment, until deadline: Deadline
    ) async throws(FalFailure) {
        let answer = try await queue.cancel(receipt, at: deployment.upstream, until: deadline)
        core.log.write(.info, "job cancelled", [("job", job.description), ("answer", "\(answer)")])
    }
}
