import Fal
import HTTP
import Ledger
import Money
import Reactor

extension Worker {
    /// Runs every call of an order, side by side, each from its submission to its result, and hands over
    /// what they gave as it comes.
    ///
    /// The jobs must be in the journal. Their outcomes stand in the record in the order of the calls,
    /// whatever became of them; a cancelled task or a passed deadline leaves `.abandoned` jobs behind,
    /// which are for `finish` to bring to their end.
    func run(_ execution: Execution) async {
        guard let call = onlyCall(of: execution) else { return await runSideBySide(execution) }
        await run(call)
        await end(call, of: execution)
    }

    /// - Returns: `nil` when there are several.
    @inline(never)
    private func onlyCall(of execution: Execution) -> RunningCall? {
        guard execution.order.plan.calls.count == 1 else { return nil }
        return RunningCall(begun(execution)[0], of: execution)
    }

    @inline(never)
    private func end(_ call: RunningCall, of execution: Execution) async {
        execution.record.outcomes.append(call.outcome)
        await hand(over: call.outcome, of: execution)
    }

    /// The outcomes of calls of which nothing has been sent yet.
    private func begun(_ execution: Execution) -> [CallOutcome] {
        let order = execution.order
        let jobs = order.jobs(of: execution.record.id)
        return jobs.map { job, call in
            CallOutcome(job: job, call: call, on: order.deployment, end: .failed(.shuttingDown))
        }
    }

    @inline(never)
    private func runSideBySide(_ execution: Execution) async {
        let begun = begun(execution)
        let (order, record, running) = (execution.order, execution.record, execution.running)
        let outcomes = await withTaskGroup(of: (Int, CallOutcome).self) { group in
            for (index, outcome) in begun.enumerated() {
                group.addTask { (index, await self.run(outcome, of: order, record, running)) }
            }
            var outcomes = begun
            while let (index, outcome) = await group.next() {
                await hand(over: outcome, of: execution)
                outcomes[index] = outcome
            }
            return outcomes
        }
        execution.record.outcomes += outcomes
    }

    private func run(
        _ begun: CallOutcome, of order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest
    ) async -> CallOutcome {
        let call = RunningCall(begun, of: order, record, running)
        await run(call)
        return call.outcome
    }

    @inline(never)
    private func run(_ call: RunningCall) async {
        let began = Deadline.now
        // Nothing has been sent yet: the cheapest moment to stop.
        if Task.isCancelled { return call.stopped() }
        do throws(FalFailure) {
            let receipt = try await submit(call)
            await accepted(receipt, call)
            let completion = try await follow(receipt, on: call.deployment, call.order.setup, until: call.deadline) { phase in
                call.note(phase)
            }
            try await fetch(receipt, after: completion, call)
        } catch {
            failed(call, error)
        }
        call.over(since: began)
    }

    /// Takes note of fal's receipt, and waits for it to be durable where that matters.
    @inline(never)
    private func accepted(_ receipt: SubmittedJob, _ call: RunningCall) async {
        call.outcome.receipt = receipt
        call.running.note(receipt, ofJob: call.place)
        // Handed to the ledger before anything else, and durable before the settlement, which stands
        // behind it in the same queue: a job that is over at once waits for one commit, not two.
        let job = call.outcome.job
        let journaling = Task.immediate(executorPreference: reactor) { await journal(receipt, as: job) }
        // Where somebody waits for the webhook it is answered with 200, and fal does not say it again: were the
        // receipt lost after that, nobody would ever find the job.
        if call.order.setup.hook?.isAskedFor == true { await journaling.value }
    }

    /// Fetches what a job brought that is over.
    @inline(never)
    private func fetch(_ receipt: SubmittedJob, after completion: Completion, _ call: RunningCall) async throws(FalFailure) {
        let deployment = call.deployment
        call.outcome.completion = completion
        let result = try await queue.result(of: receipt, after: completion, at: deployment.upstream, until: call.deadline)
        call.outcome.settle(result, on: deployment)
        let took = Duration.nanoseconds(Deadline.now.nanoseconds(since: receipt.accepted))
        deployment.health.entry.finished(after: took, at: .now)
    }

    @inline(never)
    private func failed(_ call: RunningCall, _ failure: FalFailure) {
        // What a submission failed of has been counted at each attempt.
        if call.outcome.receipt != nil { note(failure, on: call.deployment, call.order.setup) }
        call.outcome.fail(failure, on: call.deployment)
    }

    /// Waits for a job to be over, in the way that the configuration says.
    func follow(
        _ receipt: SubmittedJob, on deployment: Deployment, _ setup: Setup, until deadline: Deadline,
        report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion {
        let (following, arrivals) = following(setup)
        return try await queue.follow(
            receipt, at: deployment.upstream, by: following, hearing: arrivals, until: deadline, report: report)
    }

    @inline(never)
    private func following(_ setup: Setup) -> (Following, WebhookArrivals?) {
        (setup.configuration.following, setup.hook?.isAskedFor == true ? core.arrivals : nil)
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
