import Fal
import HTTP
import Ledger
import OpenAI
import Reactor

extension Worker {
    /// Starts the jobs of an order that has been opened, apart from the connection it came over.
    ///
    /// - Parameter places: held until everything is settled.
    func start(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest, _ places: [Admission.Place]) {
        nonisolated(unsafe) let execution = Execution(order, record, running, places)
        running.begin { [reactor] jobs in reactor.post { execution.cancel(jobs) } }
        run(execution)
    }

    /// Brings an order to its end whose calls are over: another one, or images, settlement, answer.
    ///
    /// A cancelled execution has stopped its jobs where fal lets them be stopped; their end is waited for
    /// all the same, because what they cost is known only then.
    func ended(_ execution: Execution) async {
        let tried = execution.tried
        if tried.allSatisfy({ $0.failure != nil }), await goOn(after: tried, execution) { return run(execution) }
        execution.stay(with: tried)
        if tried.contains(where: \.isAbandoned) { await finish(tried, execution) }
        await conclude(execution)
    }

    /// Follows those jobs on that fal still has: all at once, so that none begins while another's end is waited for
    /// before it is cancelled. Somebody may wait for them, until the deadline.
    @inline(never)
    private func finish(_ tried: [CallOutcome], _ execution: Execution) async {
        // Everything of an execution belongs to this worker's loop.
        nonisolated(unsafe) let execution = execution
        await withTaskGroup(of: Void.self) { group in
            for outcome in tried {
                guard case .abandoned(let error) = outcome.end, !outcome.isLeft else { continue }
                group.addTask {
                    await self.finish(outcome, after: error, of: execution)
                    await self.hand(over: outcome, of: execution)
                }
            }
        }
    }

    /// Makes the end durable, then tells it. What cannot be made durable now is told to be nobody's success, and
    /// is not over before it is.
    @inline(never)
    private func conclude(_ execution: Execution) async {
        execution.endAlarm()
        let (end, stored) = end(of: execution)
        do throws(GatewayError) {
            try await settle(end.record, end.error, stored: stored)
            tell(end, of: execution)
        } catch {
            settleLater(end, stored, execution, after: error)
        }
    }

    @inline(never)
    private func settleLater(_ end: RequestEnd, _ stored: StoredEnd, _ execution: Execution, after error: GatewayError) {
        execution.leave(with: error)
        announce(end.failed(with: error), of: execution)
        // Everything of an execution belongs to this worker's loop.
        nonisolated(unsafe) let execution = execution
        reactor.spawn {
            await self.untilWritten { () throws(LedgerError) in try await self.write(end.record, end.error, stored: stored) }
            self.followUp(end, of: execution, stores: self.remove(execution, end))
        }
    }

    /// What the request came to, and what is kept of it.
    @inline(never)
    private func end(of execution: Execution) -> (RequestEnd, StoredEnd) {
        let (order, delivery) = (execution.order, execution.delivery)
        execution.record.losses = delivery.losses
        execution.record.fetched = delivery.took
        let record = execution.record
        do throws(GatewayError) {
            let response = try order.response(delivery, record)
            let kept = delivery.isAddressesAlone ? response : response.kept(delivery)
            let bytes = kept.segments().flatMap { $0 }
            let written = delivery.isAddressesAlone ? bytes : nil
            return (
                RequestEnd(.success(response), kept: kept, written: written, record),
                .success(written: bytes, for: order.resultLifetime)
            )
        } catch {
            let stored = StoredEnd.failure(
                error, of: record, isWantedLater: execution.running.isWantedLater, for: order.resultLifetime)
            return (RequestEnd(.failure(error), kept: nil, record), stored)
        }
    }

    @inline(never)
    private func tell(_ end: RequestEnd, of execution: Execution) {
        let stores = remove(execution, end)
        announce(end, of: execution)
        followUp(end, of: execution, stores: stores)
    }

    /// The ledger has the end: it answers for the request from now on.
    ///
    /// - Returns: whether the images are to be stored.
    private func remove(_ execution: Execution, _ end: RequestEnd) -> Bool {
        let stores = end.kept != nil && execution.order.isKept && beginStoring(execution.running.id)
        core.running.remove(execution.running.id)
        return stores
    }

    private func announce(_ end: RequestEnd, of execution: Execution) {
        core.metrics.ended(model: execution.order.setup.routing.metricsName(of: end.record.model), after: end.record.total)
        execution.running.finish(end)
        core.log.write(end.record, status: end.status, error: end.error)
    }

    private func followUp(_ end: RequestEnd, of execution: Execution, stores: Bool) {
        if end.record.outcomes.contains(where: { $0.isUnknown || $0.hasLostAttempt }) { takeUpLate(end.record, execution.order.setup) }
        if stores { store(execution.running.id, end) }
    }

    /// Takes what a job gave to those who wait: as bytes only where somebody does.
    func hand(over outcome: CallOutcome, of execution: Execution) async {
        guard outcome.isDelivered else { return }
        if execution.order.delivery.hasBytes, execution.running.isAwaited {
            tellAtDeadline(execution, ifWithin: Worker.fetchPatience)
            take(await fetched(outcome, of: execution.order, until: .after(Worker.fetchPatience)), from: outcome, execution)
        } else {
            take(Delivery(addressesOf: outcome, of: execution.order), from: outcome, execution)
        }
    }

    @inline(never)
    private func take(_ delivery: Delivery, from outcome: CallOutcome, _ execution: Execution) {
        if execution.order.wanted.stream == true {
            let facts = execution.record.facts(of: [outcome])
            for image in delivery.images { execution.running.publish(image, facts: facts) }
        }
        execution.deliveries[outcome.job.ordinal] = delivery
    }

    /// How long the images of a job are fetched: they are made and paid for, and a CDN that cannot
    /// deliver within minutes will not.
    static let fetchPatience: Duration = .seconds(300)

    /// For a connection that has not come about by the deadline to be given up.
    private static let sendingMargin: Duration = .milliseconds(500)

    /// Tells those who wait when the deadline passes while something goes on that is not cut off by it: a
    /// submission, whose answer must not be lost, a job that is followed on, or the way of images that are paid for.
    ///
    /// - Parameter patience: how long that takes at most.
    func tellAtDeadline(_ execution: Execution, ifWithin patience: Duration) {
        let deadline = execution.record.deadline(of: execution.order.deployment)
        guard deadline < .after(patience) else { return }
        // What has not been sent by the deadline fails by itself, free: that is told instead.
        let margin: Duration = execution.calls.contains { $0.outcome.receipt != nil } ? .zero : Worker.sendingMargin
        execution.setAlarm(until: deadline.advanced(by: margin), on: reactor) {
            let running = execution.running
            execution.leave(with: running.overdueError)
            self.core.undelivered.note(running.id, of: running.wish)
            running.overdue()
            if !running.isKept { self.core.left(running, execution.order.setup.configuration.disconnectPolicy) }
        }
    }
}

extension RequestEnd {
    var error: GatewayError? {
        if case .failure(let error) = result { error } else { nil }
    }

    /// What the caller gets, or would have got.
    var status: Int { error?.status ?? 200 }
}
