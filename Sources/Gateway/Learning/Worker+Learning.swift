import Fal
import HTTP
import JSON
import Ledger
import Reactor

extension Worker {
    /// From the question to the last byte of the document: a request waits meanwhile.
    private static let learningTimeout: Duration = .seconds(10)

    /// The deployment with a learned profile, where its endpoint has none and may be learned.
    ///
    /// Never fails: what cannot be learned is used as an unlisted endpoint is, and the log says why.
    func learned(_ deployment: Deployment, _ setup: Setup) async -> Deployment {
        guard setup.configuration.learnsModels, deployment.profile.origin == .unlisted else { return deployment }
        return await knowing(deployment, setup)
    }

    @inline(never)
    private func knowing(_ deployment: Deployment, _ setup: Setup) async -> Deployment {
        let endpoint = deployment.endpoint
        let profile = await setup.learned.profile(of: endpoint) {
            // Not the caller's task: it may hang up, and others wait for the same.
            reactor.spawn { await self.learn(endpoint, setup) }
        }
        return profile.map(deployment.knowing) ?? deployment
    }

    private func learn(_ endpoint: Endpoint, _ setup: Setup) async {
        do {
            let row = try await fetchedRow(of: endpoint, base: setup.configuration.documentBase)
            let profile = try EndpointProfile(row: row, origin: .learned)
            core.log.write(.info, "model learned", [("endpoint", endpoint.id)])
            setup.learned.finish(endpoint, setup.catalog.priced(profile))
            await keep(row, of: endpoint)
        } catch {
            core.log.write(.warning, "model not learned", [("endpoint", endpoint.id), ("reason", "\(error)")])
            setup.learned.finish(endpoint, nil)
        }
    }

    private func fetchedRow(of endpoint: Endpoint, base: String) async throws(LearningFailure) -> JSONObject {
        let request = try PublishedDocument.request(for: endpoint, base: base)
        let answer: ClientResponse
        do {
            answer = try await client.send(
                request, timeouts: ClientTimeouts(whole: .after(Worker.learningTimeout)),
                maximumBodyBytes: PublishedDocument.maximumBytes)
        } catch {
            throw .notFetched("\(error)")
        }
        return try PublishedDocument.row(in: answer, of: endpoint, on: Timestamp.now.day)
    }

    /// For the next start. Without it the endpoint would be learned once more, no worse.
    private func keep(_ row: JSONObject, of endpoint: Endpoint) async {
        do throws(LedgerError) {
            try await core.ledger.store(LearnedProfileRow(endpoint: endpoint, row: row))
        } catch {
            core.log.write(
                .warning, "learned model not kept", [("endpoint", endpoint.id), ("reason", error.description)])
        }
    }
}
