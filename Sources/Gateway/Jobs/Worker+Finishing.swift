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
    /// that still waits. One that took too long is followed on where its image can still be fetched; it is cancelled
    /// when its owner says so.
    /// The task that asks may be cancelled; this goes on.
    ///
    /// - Parameter error: why it was given up. Of one that is cancelled for it, it stays the outcome's error unless
    ///   there are images.
    func finish(_ outcome: CallOutcome, after error: GatewayError, of execution: Execution) async {
        tellAtDeadline(execution, ifWithin: Worker.patience)
        let (order, running) = (execution.order, execution.running)
        let place = outcome.job.ordinal % order.plan.calls.count
        await Task(executorPreference: reactor) {
            await self.finish(
                outcome, after: error, on: outcome.deployment ?? order.deployment, running, at: place, order.setup)
        }.value
    }

    /// - Parameter place: where the job stands among those whose progress is told.
    func finish(
        _ outcome: CallOutcome, after error: GatewayError, on deployment: Deployment, _ running: RunningRequest,
        at place: Int, _ setup: Setup
    ) async {
        preconditionOnLoop()
        guard let receipt = outcome.receipt else { return }
        let deadline = Deadline.after(Worker.patience)
        var isCancelled = false
        do throws(FalFailure) {
            let completion: Completion
            if let known = outcome.completion {
                completion = known
            } else {
                let follower = patientFollower(of: outcome, receipt, on: deployment, setup, until: deadline)
                isCancelled = await isToBeCancelled(outcome, receipt, after: error, on: deployment, running, setup)
                if isCancelled {
                    await cancel(follower, outcome.job)
                } else {
                    running.goOn()
                    // It is used on this loop alone.
                    nonisolated(unsafe) let follower = follower
                    running.whenRevoked { [reactor, job = outcome.job] in reactor.spawn { await self.cancel(follower, job) } }
                }
                completion = try await follower.completion { phase in
                    outcome.phase = phase
                    running.progress.note(phase, ofJob: place)
                }
            }
            outcome.completion = completion
            let result = try await queue.result(
                of: receipt, after: completion, at: deployment.upstream, until: deadline)
            outcome.settle(result, on: deployment)
        } catch let failure {
            outcome.fail(failure, on: deployment)
            if isCancelled || running.isRevoked, case .failed = outcome.end { outcome.end = .failed(.hungUp) }
        }
        if case .abandoned(let error) = outcome.end {
            outcome.isLeft = true
            core.log.write(.error, "job left unsettled", [("job", outcome.job.description), ("reason", error.detail ?? error.message)])
        }
    }

    /// Whether a job is stopped that its caller has left. While its phases are heard of, that was decided
    /// before; a webhook tells of none, so fal is asked whether the job still waits.
    private func isToBeCancelled(
        _ outcome: CallOutcome, _ receipt: SubmittedJob, after error: GatewayError, on deployment: Deployment,
        _ running: RunningRequest, _ setup: Setup
    ) async -> Bool {
        switch error.kind {
        case .clientGone: break
        // Nobody can fetch what comes too late.
        case .timeout where !running.isKept:
            guard setup.configuration.disconnectPolicy == .cancel || outcome.phase != .inProgress else { return false }
        default: return false
        }
        guard setup.hook?.isAskedFor == true, !running.isRevoked, setup.configuration.disconnectPolicy == .finish
        else { return true }
        return await queue.isWaiting(receipt, at: deployment.upstream, until: .after(Worker.lookPatience))
    }

    /// For one look at a job.
    static let lookPatience: Duration = .seconds(15)

    /// A job that fal does not cancel is followed on: it runs, and is paid.
    private func cancel(_ follower: JobFollower, _ job: JobID) async {
        do throws(FalFailure) {
            let answer = try await follower.cancel()
            core.log.write(.info, "job cancelled", [("job", job.description), ("answer", "\(answer)")])
        } catch {
            core.log.write(.warning, "job not cancelled", [("job", job.description), ("reason", error.description)])
        }
    }
}
