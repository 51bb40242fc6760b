import Fal
import Reactor
import Signatures

extension Routing {
    /// Where a request can go at a moment.
    enum Choice: Sendable {
        /// A deployment that nothing speaks against.
        case usable(Deployment)
        /// None is usable; this one comes back first, and trying it costs nothing.
        case resting(Deployment)
        /// All have as many requests as their `rpm` allows; the first has room again then.
        case full(Deployment, until: Deadline)

        var deployment: Deployment {
            switch self {
            case .usable(let deployment), .resting(let deployment), .full(let deployment, _): deployment
            }
        }
    }

    /// Chooses: among the usable ones those of the lowest `order`, among these an entry by the
    /// strategy, and of its usable keys the one whose turn it is.
    ///
    /// When none is usable, a request is not refused for it: a cooldown is there to prefer others,
    /// and what fal refuses costs nothing. An enforced `rpm` is a limit all the same.
    ///
    /// - Parameter draw: from 0 up to 1: the chance in it.
    /// - Returns: `nil` when there is nothing to choose from.
    func choice(
        among deployments: [Deployment], at now: Deadline, draw: Double = KernelRandom.fraction
    ) -> Choice? {
        var usable: [Deployment] = []
        var resting: [(deployment: Deployment, until: Deadline)] = []
        var full: [(deployment: Deployment, until: Deadline)] = []
        for deployment in deployments {
            if let until = deployment.health.entry.snapshot(at: now, limit: limit(of: deployment)).fullUntil {
                full.append((deployment, until))
            } else if let until = deployment.rest(at: now) {
                resting.append((deployment, until))
            } else {
                usable.append(deployment)
            }
        }
        if !usable.isEmpty { return .usable(chosen(among: usable, at: now, draw: draw)) }
        if let first = resting.min(by: { $0.until < $1.until }) { return .resting(first.deployment) }
        return full.min { $0.until < $1.until }.map { .full($0.deployment, until: $0.until) }
    }

    /// The `rpm` of a deployment where it is a limit.
    func limit(of deployment: Deployment) -> Int? {
        settings.enforcesRateLimits ? deployment.configured.requestsPerMinute : nil
    }

    private func chosen(among usable: [Deployment], at now: Deadline, draw: Double) -> Deployment {
        if usable.count == 1 { return usable[0] }
        let order = usable.map(\.order).min()
        var entries: [[Deployment]] = []
        var indices: [String: Int] = [:]
        for deployment in usable where deployment.order == order {
            if let index = indices[deployment.id] {
                entries[index].append(deployment)
            } else {
                indices[deployment.id] = entries.count
                entries.append([deployment])
            }
        }
        let standings = entries.map { $0[0].standing(at: now) }
        let keys = entries[settings.strategy.choose(among: standings, draw: draw)]
        guard keys.count > 1 else { return keys[0] }
        return keys[keys[0].health.entry.nextTurn() % keys.count]
    }
}

extension Deployment {
    fileprivate var order: Int { configured.order ?? .max }

    fileprivate func standing(at now: Deadline) -> RoutingStrategy.Standing {
        let snapshot = health.entry.snapshot(at: now)
        // As LiteLLM does: an rpm is a weight as well, and so is a tpm.
        let rate = configured.requestsPerMinute ?? configured.tokensPerMinute
        let weight = configured.weight ?? rate.map(Double.init) ?? 1
        return RoutingStrategy.Standing(weight: weight, inFlight: snapshot.inFlight, latency: snapshot.latency)
    }
}
