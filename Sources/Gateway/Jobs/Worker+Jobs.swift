import Fal
import HTTP
import Ledger
import Money
import Reactor

extension Worker {
    /// Runs every call of a request, side by side, each from its submission to its result.
    ///
    /// The jobs must be in the journal. What comes back is in the order of the calls, whatever
    /// became of them; a cancelled task or a passed deadline leaves `.abandoned` jobs behind, which
    /// are for `finish` to bring to their end.
    ///
    /// - Parameters:
    ///   - running: told of every change of phase.
    ///   - each: called with each outcome as it comes.
    func run(
        _ order: ImageOrder, _ record: RequestRecord, until deadline: Deadline, _ running: RunningRequest,
        each: (CallOutcome) async -> Void
    ) async -> [CallOutcome] {
        let jobs = order.jobs(of: record.id)
        let way = order.way.forJob(of: jobs.count)
        if let (job, call) = jobs.first, jobs.count == 1 {
            let new = CallOutcome(job: job, call: call, on: order.deployment, way: way, end: .failed(.shuttingDown))
            let outcome = await run(new, of: order, record, until: deadline, running)
            await each(outcome)
            return [outcome]
        }
        return await withTaskGroup(of: (Int, CallOutcome).self) { group in
            for (index, (job, call)) in jobs.enumerated() {
                let new = CallOutcome(job: job, call: call, on: order.deployment, way: way, end: .failed(.shuttingDown))
                group.addTask { (index, await self.run(new, of: order, record, until: deadline, running)) }
            }
            var outcomes: [(index: Int, outcome: CallOutcome)] = []
            while let (index, outcome) = await group.next() {
                await each(outcome)
                outcomes.append((index, outcome))
            }
            return outcomes.sorted { $0.index < $1.index }.map(\.outcome)
        }
    }

    private func run(
        _ new: CallOutcome, of order: ImageOrder, _ record: RequestRecord, until deadline: Deadline,
        _ running: RunningRequest
    ) async -> CallOutcome {
        let began = Deadline.now
        // Where it stands among the calls, wherever it is sent.
        let place = new.job.ordinal - order.firstOrdinal
        var outcome = new
        // Nothing has been sent yet: the cheapest moment to stop.
        if Task.isCancelled {
            outcome.end = .failed(.hungUp)
            return outcome
        }
        do throws(FalFailure) {
            let receipt = try await submit(&outcome, of: order, record, until: deadline)
            let (job, deployment) = (outcome.job, outcome.deployment ?? order.deployment)
            outcome.receipt = receipt
            running.note(receipt, ofJob: place)
            // Handed to the ledger before anything else, and durable before the settlement, which stands
            // behind it in the same queue: a job that is over at once waits for one commit, not two.
            Task.immediate(executorPreference: reactor) { await journal(receipt, as: job) }
            let completion = try await follow(receipt, on: deployment, order.setup, until: deadline) { phase in
                outcome.phase = phase
                running.note(phase, ofJob: place)
            }
            outcome.queued = completion.queued
            outcome.inProgress = completion.inProgress
            let result = try await queue.result(
                of: receipt, after: completion, at: deployment.upstream, until: deadline)
            outcome.settle(result, on: deployment)
            let took = Duration.nanoseconds(Deadline.now.nanoseconds(since: receipt.accepted))
            deployment.health.entry.finished(after: took, at: .now)
        } catch {
            // What a submission failed of has been counted at each attempt.
            let deployment = outcome.deployment ?? order.deployment
            if outcome.receipt != nil { note(error, on: deployment, order.setup) }
            outcome.fail(error, on: deployment)
        }
        outcome.waited = .nanoseconds(Deadline.now.nanoseconds(since: began))
        return outcome
    }

    /// Waits for a job to be over, in the way that the configuration says.
    func follow(
        _ receipt: SubmittedJob, on deployment: Deployment, _ setup: Setup, until deadline: Deadline,
        report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion {
        let arrivals = setup.hook?.isAskedFor == true ? core.arrivals : nil
        return try await queue.follow(
            receipt, at: deployment.upstream, by: setup.configuration.following, hearing: arrivals, until: deadline,
            report: report)
    }

    /// Makes fal's receipt durable. Should that fail the job goes on: it is
    /// in the journal as one that may have been sent, and stopping it would not unspend anything.
    private func journal(_ receipt: SubmittedJob, as job: JobID) async {
        do throws(LedgerError) {
            let locations = receipt.locations
            try await core.ledger.submitted(
                job, falRequestID: receipt.requestID, statusURL: locations.status.description,
                responseURL: locations.response.description, cancelURL: locations.cancel.description)
        } catch .impossible {
            // Its webhook was faster than the answer, and has been its receipt.
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
        self.failure = failure
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
