import Fal
import Ledger
import OpenAI
import Reactor

extension Worker {
    /// Runs an order's jobs. Where all of them fail in a way that cannot have cost money, the request
    /// is planned anew for another deployment of its model, and then for its fallbacks.
    ///
    /// The record has all outcomes in the end, and the deployment that served.
    ///
    /// - Parameter each: called with each outcome as it comes, and the order it belongs to.
    /// - Returns: the order that was run last.
    func run(
        _ first: ImageOrder, _ record: inout RequestRecord, _ running: RunningRequest,
        each: (CallOutcome, ImageOrder) async -> Void
    ) async -> ImageOrder {
        var order = first
        var places: [Admission.Place] = []
        while true {
            let current = order
            var outcomes = await run(
                current, record, until: record.deadline(of: current.deployment), running
            ) { await each($0, current) }
            let way = current.way(after: outcomes)
            record.retries = way.retries
            let next = await self.next(after: outcomes, of: current, way, &record, &places)
            for index in outcomes.indices {
                outcomes[index].way = nil
                outcomes[index].isSuperseded = next != nil
            }
            record.outcomes += outcomes
            guard let next else { break }
            order = next
        }
        if let served = record.outcomes.first(where: { $0.output != nil }) { record.deployment = served.deployment }
        withExtendedLifetime(places) {}
        return order
    }

    /// - Returns: what is tried now, in the journal already; `nil` when this was the end.
    private func next(
        after outcomes: [CallOutcome], of order: ImageOrder, _ way: Itinerary, _ record: inout RequestRecord,
        _ places: inout [Admission.Place]
    ) async -> ImageOrder? {
        guard !Task.isCancelled, let failure = way.decisive(among: outcomes.map(\.failure)) else { return nil }
        var way = way
        var step = way.next(after: failure)
        while true {
            if case .giveUp = step { return nil }
            if case .retry(let pause) = step, pause > .zero {
                guard Deadline.after(pause) < record.deadline(of: way.deployment) else { return nil }
                try? await reactor.sleep(until: .after(pause))
                guard !Task.isCancelled else { return nil }
            }
            do throws(GatewayError) {
                let deployment = await learned(way.deployment.serving(order.wanted.kind), order.setup)
                let next = try order.moved(to: deployment, along: way)
                let place = try next.deployment.admission.enter()
                try await openAgain(next, record, after: outcomes)
                core.log.write(
                    .warning, way.fallbacks > record.fallbacks ? "fall back" : "try elsewhere",
                    [
                        ("request", record.id.text), ("model", way.model), ("deployment", next.deployment.id),
                        ("endpoint", next.deployment.endpoint.id), ("after", failure.description),
                    ])
                places.append(place)
                record.deployment = next.deployment
                record.plan = next.plan
                record.retries = way.retries
                record.fallbacks = way.fallbacks
                return next
            } catch where error.kind == .ledgerUnavailable {
                return nil
            } catch {
                // It cannot make what is asked, or has no room: the one after it may.
                step = way.fallBack()
            }
        }
    }
}

extension ImageOrder {
    /// The request's way, with all that its jobs have tried.
    fileprivate func way(after outcomes: [CallOutcome]) -> Itinerary {
        var way = way
        for job in outcomes.compactMap(\.way) { way.learn(from: job) }
        return way
    }

    /// The same request on the deployment where the way stands.
    fileprivate func moved(to deployment: Deployment, along way: Itinerary) throws(GatewayError) -> ImageOrder {
        try ImageOrder(
            wanted, as: model, on: deployment, along: way, isDryRun: false, setup: setup, ordinals: ordinals)
    }
}

extension Itinerary {
    /// The failure that decides about the whole request: one that ends it where there is one.
    ///
    /// - Returns: `nil` when a job has not failed.
    fileprivate func decisive(among failures: [FalFailure?]) -> FalFailure? {
        let all = failures.compactMap(\.self)
        guard all.count == failures.count else { return nil }
        return all.first { !allowsRepetition(of: $0) } ?? all.first
    }
}
