import Fal
import HTTP
import Ledger
import Money
import Reactor

extension Worker {
    /// Between two attempts to submit a job that fal did not take; doubles each time.
    private static let firstRetryPause: Duration = .milliseconds(250)

    /// Runs every call of a request, side by side, each from its submission to its result.
    ///
    /// The jobs must be in the journal. What comes back is in the order of the calls, whatever
    /// became of them; a cancelled task or a passed deadline leaves `.abandoned` jobs behind, which
    /// are for `finish` to bring to their end.
    func run(_ plan: Plan, on deployment: Deployment, request: RequestID, until deadline: Deadline) async -> [CallOutcome] {
        let jobs = plan.calls.enumerated().map { (JobID(requestID: request.text, ordinal: $0.offset), $0.element) }
        if let (job, call) = jobs.first, jobs.count == 1 {
            return [await run(call, as: job, on: deployment, until: deadline)]
        }
        return await withTaskGroup(of: CallOutcome.self) { group in
            for (job, call) in jobs {
                group.addTask { await self.run(call, as: job, on: deployment, until: deadline) }
            }
            var outcomes: [CallOutcome] = []
            while let outcome = await group.next() { outcomes.append(outcome) }
            return outcomes.sorted { $0.job.ordinal < $1.job.ordinal }
        }
    }

    private func run(_ call: FalCall, as job: JobID, on deployment: Deployment, until deadline: Deadline) async -> CallOutcome {
        let began = Deadline.now
        var outcome = CallOutcome(job: job, call: call, end: .failed(.shuttingDown))
        do throws(FalFailure) {
            let receipt = try await submit(call, on: deployment, until: deadline)
            outcome.receipt = receipt
            await journal(receipt, as: job)
            let completion = try await queue.follow(receipt, at: deployment.upstream, until: deadline) { phase in
                outcome.phase = phase
            }
            outcome.queued = completion.queued
            outcome.inProgress = completion.inProgress
            let result = try await queue.result(
                of: receipt, after: completion, at: deployment.upstream, until: deadline)
            outcome.settle(result, on: deployment)
        } catch {
            outcome.fail(error, on: deployment)
        }
        outcome.waited = .nanoseconds(Deadline.now.nanoseconds(since: began))
        return outcome
    }

    /// Submits, and again where fal cannot have taken the job.
    ///
    /// A submission that has begun is not cancelled with its request: whether fal took the job
    /// would never be known. It runs in a task of its own and the caller waits for its end.
    private func submit(
        _ call: FalCall, on deployment: Deployment, until deadline: Deadline
    ) async throws(FalFailure) -> SubmittedJob {
        var pause = Worker.firstRetryPause
        var retriesLeft = deployment.configured.retries
        while true {
            let attempt = Task(executorPreference: reactor) { await self.submitOnce(call, on: deployment, until: deadline) }
            switch await attempt.value {
            case .success(let receipt): return receipt
            case .failure(let failure):
                guard failure.resubmission == .safe, failure.acceptance == .notAccepted, retriesLeft > 0,
                    Deadline.after(pause) < deadline, !Task.isCancelled
                else { throw failure }
                core.log.write(.warning, "submit again", [("endpoint", deployment.endpoint.id), ("after", failure.description)])
            }
            retriesLeft -= 1
            try? await reactor.sleep(until: .after(pause))
            pause = pause * 2
        }
    }

    private func submitOnce(
        _ call: FalCall, on deployment: Deployment, until deadline: Deadline
    ) async -> Result<SubmittedJob, FalFailure> {
        do {
            return .success(try await queue.submit(call, to: deployment.endpoint, at: deployment.upstream, until: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Makes fal's receipt durable before the wait begins. Should that fail the job goes on: it is
    /// in the journal as one that may have been sent, and stopping it would not unspend anything.
    private func journal(_ receipt: SubmittedJob, as job: JobID) async {
        do throws(LedgerError) {
            let locations = receipt.locations
            try await core.ledger.submitted(
                job, falRequestID: receipt.requestID, statusURL: locations.status.description,
                responseURL: locations.response.description, cancelURL: locations.cancel.description)
        } catch {
            core.log.write(.error, "receipt not journaled", [("job", job.description), ("reason", error.description)])
        }
    }
}

extension CallOutcome {
    /// Takes over what fal delivered, and its price.
    mutating func settle(_ result: JobResult, on deployment: Deployment) {
        end = .delivered(result.output)
        if let cost = deployment.price.cost(of: result.output, for: call, billableUnits: result.billableUnits) {
            take(cost)
        } else {
            basis = .unpriced
        }
    }

    mutating func fail(_ failure: FalFailure, on deployment: Deployment) {
        var error = GatewayError(failure)
        error.detail = failure.description
        switch (failure.kind, failure.acceptance) {
        case (.deadlineExceeded, .accepted), (.interrupted, .accepted), (.connectionLost, .accepted):
            end = .abandoned(error)
        case (_, .unknown): end = .unknown(error)
        default: end = .failed(error)
        }
        if let cost = deployment.price.cost(billableUnits: failure.billableUnits) { take(cost) }
    }

    private mutating func take(_ known: Cost) {
        cost = known.amount
        basis =
            switch known.basis {
            case .billed: .billed
            case .estimated: .estimated
            }
    }
}
