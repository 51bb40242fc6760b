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
    /// would never be known.
    ///
    /// - Parameter call: told where the job is; its way says where it may go.
    func submit(_ call: RunningCall) async throws(FalFailure) -> SubmittedJob {
        while true {
            do throws(FalFailure) {
                let receipt = try await attempt(call)
                tell(call.deployment.noteAcceptance(), call.deployment)
                return receipt
            } catch {
                if let receipt = try await goOn(after: error, call) { return receipt }
            }
        }
    }

    /// The longest submission: for a connection and for the answer, as `QueueLimits` has it.
    private static let submitPatience: Duration = .seconds(100)

    private func attempt(_ call: RunningCall) async throws(FalFailure) -> SubmittedJob {
        call.isSubmitting = true
        defer { call.isSubmitting = false }
        tellAtDeadline(call.execution, ifWithin: Worker.submitPatience)
        let deployment = call.deployment
        let webhook = call.order.setup.hook?.address(of: call.outcome.job, submittedWith: deployment.upstream.key)
        return try await queue.submit(
            call.outcome.call, to: deployment.endpoint, at: deployment.upstream, webhook: webhook, until: call.deadline)
    }

    /// Waits and goes where the next attempt is to be made.
    ///
    /// - Returns: a receipt that has come in another way.
    /// - Throws: the failure, where no attempt follows.
    private func goOn(after failure: FalFailure, _ call: RunningCall) async throws(FalFailure) -> SubmittedJob? {
        let (deployment, setup) = (call.deployment, call.order.setup)
        if failure.acceptance == .unknown,
            let receipt = await receiptFromWebhook(of: call.outcome.job, on: deployment, setup)
        {
            return receipt
        }
        note(failure, on: deployment, setup)
        guard await move(call, after: failure) else { throw failure }
        return nil
    }

    /// - Returns: `false` when no attempt follows.
    private func move(_ call: RunningCall, after failure: FalFailure) async -> Bool {
        guard !Task.isCancelled else { return false }
        var way = call.outcome.way ?? call.order.way.forJob(of: call.order.plan.calls.count)
        let step = way.next(after: failure)
        call.outcome.way = way
        guard case .retry(let pause) = step, Deadline.after(pause) < call.deadline else { return false }
        let current = call.deployment
        let next = way.deployment.serving(call.order.wanted.kind)
        core.log.write(
            .warning, "submit again",
            [
                ("job", call.outcome.job.description), ("endpoint", next.endpoint.id), ("deployment", next.id),
                ("key", next.keyTag.description), ("after", failure.description),
            ])
        if pause > .zero { try? await reactor.sleep(until: .after(pause)) }
        guard !Task.isCancelled else { return false }
        // Refused, and sent to the same place: what it is called in the journal does not change.
        if next.journalName == current.journalName, failure.acceptance == .notAccepted { return true }
        if next.id != current.id {
            // An entry that has no room is passed over.
            guard let _ = try? next.admission.enter(holding: &call.execution.places) else {
                return await move(call, after: failure)
            }
        }
        return await move(call, after: failure, to: await learned(next, call.order.setup))
    }

    /// Makes durable that the job is sent again under a row of its own. That of the attempt before ends in the
    /// same step; one that fal may have taken stays, as `unknown`.
    private func move(_ call: RunningCall, after failure: FalFailure, to deployment: Deployment) async -> Bool {
        let (order, outcome) = (call.order, call.outcome)
        let ordinal = order.ordinals.next(after: outcome.job.ordinal, among: order.plan.calls.count)
        let job = JobID(requestID: call.execution.record.id.text, ordinal: ordinal)
        let entry = call.execution.record.journalEntry(order.plan, model: order.model)
        do throws(LedgerError) {
            try await core.ledger.openElsewhere(
                entry, jobs: [JobRow(job, outcome.call, on: deployment)],
                insteadOf: [JobSettlement(outcome.job, failure.acceptance == .notAccepted ? .refused : .answerLost)])
        } catch {
            core.log.write(.error, "job not journaled elsewhere", [("job", job.description), ("reason", error.description)])
            return false
        }
        call.outcome.move(to: job, on: deployment, after: failure)
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
