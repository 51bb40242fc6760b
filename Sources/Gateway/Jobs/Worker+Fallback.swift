import Fal
import Ledger
import OpenAI
import Reactor

extension Worker {
    /// Decides what follows calls that have all failed. Where they failed in a way that cannot have cost
    /// money, the request is planned anew for another deployment of its model, and then for its fallbacks.
    ///
    /// - Returns: whether there is something to be run now; it is in the journal already.
    func goOn(after failed: [CallOutcome], _ execution: Execution) async -> Bool {
        guard let next = await next(after: failed, execution) else { return false }
        execution.supersede(failed, by: next)
        return true
    }

    /// - Returns: what is tried now, in the journal already; `nil` when this was the end.
    private func next(after outcomes: [CallOutcome], _ execution: Execution) async -> ImageOrder? {
        let order = execution.order
        var way = order.way(after: outcomes)
        guard !execution.isGivenUp, let failure = way.decisive(among: outcomes.compactMap(\.failure)) else { return nil }
        var step = way.next(after: failure)
        while true {
            if case .giveUp = step { return nil }
            if case .retry(let pause) = step, pause > .zero {
                guard Deadline.after(pause) < execution.record.deadline(of: way.deployment) else { return nil }
                try? await reactor.sleep(until: .after(pause))
                guard !execution.isGivenUp else { return nil }
            }
            do throws(GatewayError) {
                let deployment = await learned(way.deployment.serving(order.wanted.kind), order.setup)
                guard execution.record.deadline(of: deployment) > .now else {
                    // Nothing would be sent, and it would be counted as failed.
                    step = way.fallBack()
                    continue
                }
                let next = try order.moved(to: deployment, along: way)
                try next.deployment.admission.enter(holding: &execution.places)
                try await openAgain(next, execution.record, after: outcomes)
                core.log.write(
                    .warning, way.fallbacks > execution.record.fallbacks ? "fall back" : "try elsewhere",
                    [
                        ("request", execution.record.id.text), ("model", way.model), ("deployment", next.deployment.id),
                        ("endpoint", next.deployment.endpoint.id), ("after", failure.description),
                    ])
                execution.record.deployment = next.deployment
                execution.record.plan = next.plan
                execution.record.retries = way.retries
                execution.record.fallbacks = way.fallbacks
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
        let wish = ImageWish(wanted, model: model, along: way)
        return try ImageOrder(wish, on: deployment, isDryRun: false, setup: setup, ordinals: ordinals)
    }
}

extension Itinerary {
    /// The failure that decides about the whole request: one that ends it where there is one.
    fileprivate func decisive(among failures: [FalFailure]) -> FalFailure? {
        failures.first { !allowsRepetition(of: $0) } ?? failures.first
    }
}
