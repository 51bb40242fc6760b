import Fal
import Ledger
import Reactor

extension Worker {
    /// How long a job that nobody waits for is still followed, to learn what it cost. fal's slowest
    /// image models take minutes; after an hour the job stays in the journal for the operator.
    private static let patience: Duration = .seconds(3600)

    /// Brings the jobs that a request left behind to their end, after its answer has gone out.
    ///
    /// A queued job of a caller who hung up is cancelled: nothing is billed. One in progress is
    /// finished, because it is paid. A job that passed its deadline is asked to be cancelled in any
    /// state. What each has cost in the end is added to the request's row.
    nonisolated func finishLater(_ outcomes: [CallOutcome], on deployment: Deployment) {
        for outcome in outcomes {
            guard case .abandoned(let error) = outcome.end, let receipt = outcome.receipt else { continue }
            let isWanted = error.kind != .timeout && outcome.phase == .inProgress
            reactor.spawn { await self.finish(outcome, receipt, on: deployment, isWanted ? .letFinish : .cancel) }
        }
    }

    private enum Ending {
        case cancel, letFinish
    }

    private func finish(
        _ abandoned: CallOutcome, _ receipt: SubmittedJob, on deployment: Deployment, _ ending: Ending
    ) async {
        var outcome = abandoned
        let deadline = Deadline.after(Worker.patience)
        do throws(FalFailure) {
            if ending == .cancel {
                let answer = try await queue.cancel(receipt, at: deployment.upstream, until: deadline)
                core.log.write(.info, "job cancelled", [("job", outcome.job.description), ("answer", "\(answer)")])
            }
            let completion = try await queue.follow(receipt, at: deployment.upstream, until: deadline)
            let result = try await queue.result(
                of: receipt, after: completion, at: deployment.upstream, until: deadline)
            outcome.settle(result, on: deployment)
        } catch {
            outcome.fail(error, on: deployment)
        }
        await settleLate(outcome)
    }

    private func settleLate(_ outcome: CallOutcome) async {
        if case .abandoned(let error) = outcome.end {
            core.log.write(.error, "job left unsettled", [("job", outcome.job.description), ("reason", error.detail ?? error.message)])
            return
        }
        do throws(LedgerError) {
            let end = LateEnd(cost: outcome.cost, basis: outcome.basis, images: outcome.output?.images.count ?? 0)
            try await core.ledger.settleLate(outcome.job, end)
        } catch {
            core.log.write(.error, "job not settled", [("job", outcome.job.description), ("reason", error.description)])
        }
    }
}
