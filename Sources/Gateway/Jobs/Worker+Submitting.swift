import Fal
import HTTP
import Ledger
import Money
import OpenAI
import Reactor

extension Worker {
    /// Submits a call, and again where fal cannot have taken the job: at the same deployment after a
    /// pause, or with another key or deployment that takes the same call.
    ///
    /// A submission that has begun is not cancelled with its request: whether fal took the job
    /// would never be known. It runs in a task of its own and the caller waits for its end.
    ///
    /// - Parameter outcome: told where the job is; its way says where it may go.
    func submit(
        _ outcome: inout CallOutcome, of order: ImageOrder, _ record: RequestRecord, until deadline: Deadline
    ) async throws(FalFailure) -> SubmittedJob {
        while true {
            let (job, call, deployment) = (outcome.job, outcome.call, outcome.deployment ?? order.deployment)
            let webhook = order.setup.hook?.address(of: job, submittedWith: deployment.upstream.key)
            let attempt = Task(executorPreference: reactor) {
                await self.submitOnce(call, on: deployment, webhook: webhook, until: deadline)
            }
            switch await attempt.value {
            case .success(let receipt):
                tell(deployment.noteAcceptance(), deployment)
                return receipt
            case .failure(let failure):
                if failure.acceptance == .unknown, let receipt = await receiptFromWebhook(of: job, on: deployment, order.setup) {
                    return receipt
                }
                note(failure, on: deployment, order.setup)
                guard await goOn(after: failure, &outcome, of: order, record, until: deadline) else { throw failure }
            }
        }
    }

    private func submitOnce(
        _ call: FalCall, on deployment: Deployment, webhook: URL?, until deadline: Deadline
    ) async -> Result<SubmittedJob, FalFailure> {
        do {
            return .success(
                try await queue.submit(
                    call, to: deployment.endpoint, at: deployment.upstream, webhook: webhook, until: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Waits and goes where the next attempt is to be made.
    ///
    /// - Returns: `false` when there is none.
    private func goOn(
        after failure: FalFailure, _ outcome: inout CallOutcome, of order: ImageOrder, _ record: RequestRecord,
        until deadline: Deadline
    ) async -> Bool {
        guard !Task.isCancelled, case .retry(let pause)? = outcome.way?.next(after: failure), Deadline.after(pause) < deadline
        else { return false }
        let current = outcome.deployment ?? order.deployment
        let next = outcome.way?.deployment.serving(order.wanted.kind) ?? current
        core.log.write(
            .warning, "submit again",
            [
                ("job", outcome.job.description), ("endpoint", next.endpoint.id), ("deployment", next.id),
                ("key", next.keyTag.description), ("after", failure.description),
            ])
        if pause > .zero { try? await reactor.sleep(until: .after(pause)) }
        guard !Task.isCancelled else { return false }
        // Refused, and sent to the same place: what it is called in the journal does not change.
        if next.journalName == current.journalName, failure.acceptance == .notAccepted { return true }
        return await move(&outcome, after: failure, to: await learned(next, order.setup), of: order, record)
    }

    /// Makes durable that the job is sent again under a row of its own. That of the attempt before ends in the
    /// same step; one that fal may have taken stays, as `unknown`.
    private func move(
        _ outcome: inout CallOutcome, after failure: FalFailure, to deployment: Deployment, of order: ImageOrder, _ record: RequestRecord
    ) async -> Bool {
        let ordinal = order.ordinals.next(after: outcome.job.ordinal, among: order.plan.calls.count)
        let job = JobID(requestID: record.id.text, ordinal: ordinal)
        let entry = record.journalEntry(order.plan, model: order.model)
        do throws(LedgerError) {
            try await core.ledger.openElsewhere(
                entry, jobs: [JobRow(job, outcome.call, on: deployment)],
                insteadOf: [JobSettlement(outcome.job, failure.acceptance == .notAccepted ? .refused : .answerLost)])
        } catch {
            core.log.write(.error, "job not journaled elsewhere", [("job", job.description), ("reason", error.description)])
            return false
        }
        outcome.move(to: job, on: deployment, after: failure)
        return true
    }

    // MARK: Health

    /// Counts a failure where it belongs, and tells the log when that changes where requests go.
    func note(_ failure: FalFailure, on deployment: Deployment, _ setup: Setup) {
        core.metrics.failed(failure.kind)
        tell(deployment.note(failure, at: .now, rule: setup.routing.settings.cooldown), deployment)
    }

    private func tell(_ news: Deployment.News?, _ deployment: Deployment) {
        guard let news else { return }
        if news.pause != nil { core.metrics.cooledDown(news.key == nil ? "deployment" : "key") }
        var pairs = [("deployment", deployment.id), ("endpoint", deployment.endpoint.id)]
        if let key = news.key { pairs.append(("key", key.description)) }
        if let pause = news.pause { pairs.append(("seconds", String(pause.components.seconds))) }
        pairs.append(("reason", news.reason))
        core.log.write(news.pause == nil ? .info : .warning, news.event, pairs)
    }
}
