import Fal
import Reactor

extension Worker {
    /// For all answers together: a health check is asked every few seconds.
    private static let probeTimeout: Duration = .seconds(10)

    /// Asks fal, free of charge, whether the key of each deployment is accepted.
    func probeKeys(of setup: Setup) async -> [(deployment: Deployment, problem: String?)] {
        let deadline = Deadline.after(Worker.probeTimeout)
        let deployments = setup.routing.all.deployments
        return await withTaskGroup(of: (Int, String?).self) { group in
            for (index, deployment) in deployments.enumerated() {
                group.addTask { (index, await self.problem(of: deployment, until: deadline)) }
            }
            var problems = [String?](repeating: nil, count: deployments.count)
            while let (index, problem) = await group.next() { problems[index] = problem }
            return zip(deployments, problems).map { (deployment: $0, problem: $1) }
        }
    }

    private func problem(of deployment: Deployment, until deadline: Deadline) async -> String? {
        switch await queue.probe(deployment.upstream, with: deployment.endpoint, until: deadline) {
        case .usable: nil
        case .refused(let failure), .undecided(let failure): GatewayError(failure).message
        }
    }
}
