import Fal
import Reactor

extension Worker {
    /// For all answers together: a health check is asked every few seconds.
    private static let probeTimeout: Duration = .seconds(10)

    /// Where a key is used: entries that have both in common share one answer.
    private struct KeyUse: Hashable {
        let key: KeyTag
        let base: QueueBase
    }

    /// Asks fal, free of charge, whether the key of each entry is accepted: once a key and address,
    /// however many entries have it.
    func probeKeys(of setup: Setup) async -> [(deployment: Deployment, problem: String?)] {
        let deadline = Deadline.after(Worker.probeTimeout)
        let deployments = setup.routing.everyKey
        let uses = deployments.map { KeyUse(key: $0.keyTag, base: $0.upstream.base) }
        let asked = Dictionary(zip(uses, deployments)) { first, _ in first }
        return await withTaskGroup(of: (KeyUse, String?).self) { group in
            for (use, deployment) in asked {
                group.addTask { (use, await self.problem(of: deployment, until: deadline)) }
            }
            var problems: [KeyUse: String] = [:]
            while let (use, problem) = await group.next() { problems[use] = problem }
            return zip(deployments, uses).map { (deployment: $0, problem: problems[$1]) }
        }
    }

    private func problem(of deployment: Deployment, until deadline: Deadline) async -> String? {
        switch await queue.probe(deployment.upstream, with: deployment.endpoint, until: deadline) {
        case .usable: nil
        case .refused(let failure), .undecided(let failure): GatewayError(failure).message
        }
    }
}
