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
        running.begin { [reactor] in reactor.post { execution.cancel() } }
        run(execution)
    }

    /// Brings an order to its end whose calls are over: another one, or images, settlement, answer.
    ///
    /// A cancelled execution has stopped its jobs where fal lets them be stopped; their end is waited for
    /// all the same, because what they cost is known only then.
    func ended(_ execution: Execution) async {
        if await goOn(execution) { return run(execution) }
        await finishAbandoned(execution)
        await conclude(execution)
    }

    /// Follows the jobs to their end for which nobody waits any more.
    private func finishAbandoned(_ execution: Execution) async {
        let running = execution.running
        guard let reason = execution.record.outcomes.firstAbandoned else {
            if Task.isCancelled { execution.record.leftWith = .hungUp }
            return
        }
        execution.record.leftWith = reason
        if reason.kind == .timeout { tellOverdue(running) }
        for index in execution.record.outcomes.indices {
            let left = execution.record.outcomes[index]
            guard !left.isSuperseded, case .abandoned(let error) = left.end else { continue }
            let outcome = await finished(left, after: error, of: execution.order, running)
            execution.record.outcomes[index] = outcome
            await hand(over: outcome, of: execution)
        }
    }

    /// Makes the end durable, then tells it.
    private func conclude(_ execution: Execution) async {
        let (order, running, delivery) = (execution.order, execution.running, execution.delivery)
        var record = execution.record
        record.losses = delivery.losses
        record.fetched = delivery.took
        let lifetime = order.resultLifetime
        var result: Result<ImageResponse, GatewayError>
        var kept: ImageResponse?
        var written: [UInt8]?
        do throws(GatewayError) {
            let response = try order.response(delivery, record)
            let addresses = response.kept(delivery)
            let bytes = addresses.segments().flatMap { $0 }
            kept = addresses
            if delivery.isAddressesAlone { written = bytes }
            try await settle(record, nil, stored: .success(written: bytes, for: lifetime))
            result = .success(response)
        } catch {
            let stored = StoredEnd.failure(
                error, cost: record.cost, isWantedLater: running.isWantedLater, for: lifetime)
            result = .failure(await settled(error, record, stored: stored))
        }
        core.metrics.ended(model: order.setup.routing.metricsName(of: record.model), after: record.total)
        let stores = kept != nil && order.isKept && beginStoring(running.id)
        core.running.remove(running.id)
        let end = RequestEnd(result, kept: kept, written: written, record)
        running.finish(end)
        core.log.write(record, status: end.status, error: end.error)
        if record.outcomes.contains(where: { $0.isUnknown || $0.hasLostAttempt }) { takeUpLate(record, order.setup) }
        if stores { store(running.id, end) }
    }

    /// Takes what a job gave to those who wait: as bytes only where somebody does.
    func hand(over outcome: CallOutcome, of execution: Execution) async {
        guard outcome.output != nil else { return }
        let (order, running) = (execution.order, execution.running)
        let began = Deadline.now
        var delivery = await deliver(outcome, of: order, bytes: running.isAwaited, until: .after(Worker.fetchPatience))
        delivery.took = .nanoseconds(Deadline.now.nanoseconds(since: began))
        if order.wanted.stream == true {
            let facts = execution.record.facts(of: [outcome])
            for image in delivery.images { running.publish(image, facts: facts) }
        }
        execution.deliveries[outcome.job.ordinal] = delivery
    }

    /// How long the images of a job are fetched: they are made and paid for, and a CDN that cannot
    /// deliver within minutes will not.
    static let fetchPatience: Duration = .seconds(300)

    private func tellOverdue(_ running: RunningRequest) {
        core.undelivered.note(running.id)
        running.overdue()
    }
}

extension [CallOutcome] {
    /// Why nobody waits for a job any more that fal still has.
    fileprivate var firstAbandoned: GatewayError? {
        for outcome in self where !outcome.isSuperseded {
            if case .abandoned(let error) = outcome.end { return error }
        }
        return nil
    }
}

extension RequestEnd {
    var error: GatewayError? {
        if case .failure(let error) = result { error } else { nil }
    }

    /// What the caller gets, or would have got.
    var status: Int { error?.status ?? 200 }
}
