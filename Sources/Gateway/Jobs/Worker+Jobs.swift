import Fal
import HTTP
import Ledger
import Money
import Reactor

extension Worker {
    /// Runs every call of the execution's order, side by side, each from its submission to its result, and
    /// hands over what they gave as it comes. `ended` goes on when the last of them is over.
    ///
    /// The jobs must be in the journal. Their outcomes stand in the record in the order of the calls,
    /// whatever became of them; a cancelled execution or a passed deadline leaves `.abandoned` jobs behind,
    /// which are for `finish` to bring to their end.
    func run(_ execution: Execution) {
        preconditionOnLoop()
        let order = execution.order
        execution.endAlarm()
        let jobs = order.jobs(of: execution.record.id)
        execution.callsLeft = jobs.count
        execution.calls = jobs.enumerated().map { place, job in
            let outcome = CallOutcome(job: job.id, call: job.call, on: order.deployment, end: .unsent)
            return RunningCall(outcome, at: place, of: execution)
        }
        for call in execution.calls { advance(call, execution) }
    }

    /// Brings a call as far as it comes by itself, in a task that ends where fal has to be waited for.
    private func advance(_ call: RunningCall, _ execution: Execution) {
        // Everything of an execution belongs to this worker's loop.
        nonisolated(unsafe) let (call, execution) = (call, execution)
        call.run(
            Task(executorPreference: reactor) {
                if await self.isOver(call) {
                    await self.end(call, of: execution)
                } else {
                    call.rest { self.advance(call, execution) }
                }
            })
    }

    /// A status stream is waited for in here, by hundreds of requests at a time: what is not inlined would have
    /// its temporaries in the frame of this.
    ///
    /// - Returns: `false` when fal is waited for.
    private func isOver(_ call: RunningCall) async -> Bool {
        // Nothing has been sent yet: the cheapest moment to stop.
        if call.follower == nil, Task.isCancelled {
            call.outcome.end = .failed(.hungUp)
            return true
        }
        do throws(FalFailure) {
            guard let completion = try await follower(of: call).hear({ call.note($0) }) else { return false }
            call.follower = nil
            try await fetch(completion, call)
        } catch {
            failed(call, error)
        }
        call.over()
        return true
    }

    /// Submits the call if that has not been done.
    @inline(never)
    private func follower(of call: RunningCall) async throws(FalFailure) -> JobFollower {
        if let follower = call.follower { return follower }
        let receipt = try await submit(call)
        call.outcome.receipt = receipt
        call.running.note(receipt, ofJob: call.place)
        // Where somebody waits for the webhook it is answered with 200, and fal does not say it again: were the
        // receipt lost after that, nobody would ever find the job.
        if call.order.setup.hook?.isAskedFor == true {
            await record(receipt, of: call.outcome)
        } else {
            note(receipt, of: call.outcome.job)
        }
        let follower = follower(of: call.outcome, receipt, on: call.deployment, call.order.setup, until: call.deadline)
        call.follower = follower
        return follower
    }

    private func end(_ call: RunningCall, of execution: Execution) async {
        // Whatever becomes of the others: a job that waits is to be cancelled before it begins.
        if case .abandoned(let error) = call.outcome.end, error.kind == .clientGone {
            await finish(call.outcome, after: error, of: execution)
        }
        await hand(over: call.outcome, of: execution)
        execution.callsLeft -= 1
        guard execution.callsLeft == 0 else { return }
        execution.record.outcomes += execution.calls.map(\.outcome)
        await ended(execution)
    }

    /// Fetches what a job brought that is over.
    @inline(never)
    private func fetch(_ completion: Completion, _ call: RunningCall) async throws(FalFailure) {
        guard let receipt = call.outcome.receipt else { return }
        let deployment = call.deployment
        call.completed(completion)
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

    /// Follows a job in the way that the configuration says. While its receipt is on no disk its webhook is left to be
    /// that, or to be refused so that fal says it again.
    func follower(
        of outcome: CallOutcome, _ receipt: SubmittedJob, on deployment: Deployment, _ setup: Setup, until deadline: Deadline
    ) -> JobFollower {
        JobFollower(
            queue, receipt, at: deployment.upstream, by: setup.configuration.following, hearing: arrivals(for: outcome, setup),
            until: deadline)
    }

    /// The same for a job that may be followed for an hour: by looks where there is no webhook. They take no connection
    /// from those who wait, and one comes at once when the job is cancelled.
    func patientFollower(
        of outcome: CallOutcome, _ receipt: SubmittedJob, on deployment: Deployment, _ setup: Setup, until deadline: Deadline
    ) -> JobFollower {
        let arrivals = arrivals(for: outcome, setup)
        return JobFollower(
            queue, receipt, at: deployment.upstream, by: arrivals == nil ? .poll : setup.configuration.following,
            hearing: arrivals, until: deadline)
    }

    private func arrivals(for outcome: CallOutcome, _ setup: Setup) -> WebhookArrivals? {
        setup.hook?.isAskedFor == true && !outcome.isReceiptOwed ? core.arrivals : nil
    }

    /// Hands fal's receipt to the ledger. It is durable before the settlement, which stands behind it in the same
    /// queue: a job that is over at once waits for one commit, not two.
    private func note(_ receipt: SubmittedJob, of job: JobID) {
        let locations = receipt.locations
        core.ledger.noteSubmitted(
            job, falRequestID: receipt.requestID, statusURL: locations.status.description,
            responseURL: locations.response.description, cancelURL: locations.cancel.description
        ) { [self] in
            guard core.log.note($0, of: receipt, job) else { return }
            reactor.spawn { await self.untilWritten { () throws(LedgerError) in try await self.write(receipt, of: job) } }
        }
    }

    /// Makes fal's receipt durable, or sees to it that it will be.
    private func record(_ receipt: SubmittedJob, of outcome: CallOutcome) async {
        let job = outcome.job
        do throws(LedgerError) {
            try await write(receipt, of: job)
        } catch {
            guard core.log.note(error, of: receipt, job) else { return }
            outcome.isReceiptOwed = true
            reactor.spawn {
                await self.untilWritten { () throws(LedgerError) in try await self.write(receipt, of: job) }
                outcome.isReceiptOwed = false
            }
        }
    }

    private func write(_ receipt: SubmittedJob, of job: JobID) async throws(LedgerError) {
        let locations = receipt.locations
        try await core.ledger.submitted(
            job, falRequestID: receipt.requestID, statusURL: locations.status.description,
            responseURL: locations.response.description, cancelURL: locations.cancel.description)
    }
}

extension Log {
    /// The job goes on without its receipt: it is in the journal as one that may have been sent, and stopping it
    /// would not unspend anything. Should the process end before the receipt is written, this line has it.
    ///
    /// - Returns: `false` when it is there: its webhook was faster than the answer, and has been its receipt.
    fileprivate func note(_ failure: LedgerError, of receipt: SubmittedJob, _ job: JobID) -> Bool {
        if case .impossible = failure { return false }
        write(
            .error, "receipt not journaled",
            [("job", job.description), ("fal_request", receipt.requestID), ("reason", failure.description)])
        return true
    }
}

extension CallOutcome {
    /// Takes over what fal delivered, and its price.
    func settle(_ result: JobResult, on deployment: Deployment) {
        end = .delivered(result.output)
        if let cost = deployment.price.cost(of: result.output, for: call, billableUnits: result.billableUnits) {
            take(cost)
        } else {
            basis = .unpriced
        }
    }

    func fail(_ failure: FalFailure, on deployment: Deployment) {
        self.failure = failure
        var error = GatewayError(failure)
        error.detail = failure.description
        switch (failure.kind, failure.acceptance) {
        case (.deadlineExceeded, .accepted), (.interrupted, .accepted), (.connectionLost, .accepted):
            end = .abandoned(error)
        // It is over, and what it cost is in an answer that cannot be read.
        case (.unintelligible, .accepted) where failure.billableUnits == nil: end = .abandoned(error)
        case (_, .unknown): end = .unknown(error)
        default: end = .failed(error)
        }
        // Of a job that goes on its end is going to tell.
        guard case .failed = end, let units = failure.billableUnits else { return }
        if let cost = deployment.price.cost(ofFailed: call, billableUnits: units) { take(cost) } else { basis = .unpriced }
    }

    private func take(_ known: Cost) {
        cost = known.amount
        basis =
            switch known.basis {
            case .billed: .billed
            case .estimated: .estimated
            }
    }
}
