import Fal
import HTTP
import JSON
import Ledger
import Reactor

/// What fal says of a job's end without being asked.
extension Worker {
    /// `POST /fal/webhook/{job}`. Whatever comes is harmless: strangers and repetitions change nothing,
    /// and are answered with 200 like everything that would be the same when it was sent again.
    ///
    /// A 200 to the webhook of a job without a receipt means that the receipt is on disk: fal does not
    /// say it twice.
    func hear(_ request: Request, at segment: String, _ setup: Setup) async -> Response {
        guard let hook = setup.hook, let job = hook.job(segment) else { return .ignoredWebhook }
        let webhook: FalWebhook
        do {
            webhook = try await hook.keys.verify(
                request.head.fields, body: request.body, now: Timestamp.now.seconds, over: client, on: reactor)
        } catch {
            core.log.write(.warning, "webhook refused", [("job", job.description), ("reason", "\(error)")])
            return .json(["status": "refused"], status: error.status)
        }
        if core.arrivals.tell(webhook) == .told { return .heardWebhook }
        do {
            try await adopt(webhook, of: job, setup)
            return .heardWebhook
        } catch {
            core.log.write(.error, "webhook not recorded", [("job", job.description), ("reason", error.description)])
            return .json(["status": "try again"], status: 503)
        }
    }

    /// Nobody waits for the webhook. A job that has no receipt yet has one now, and one that nobody
    /// follows any more is brought to its end.
    private func adopt(_ webhook: FalWebhook, of job: JobID, _ setup: Setup) async throws(LedgerError) {
        guard let open = try await core.ledger.openRequest(id: job.requestID),
            let row = open.jobs.first(where: { $0.id == job })
        else { return }
        if row.submission == nil {
            guard try await note(webhook, for: row, setup) else { return }
        } else if row.submission?.falRequestID != webhook.requestID {
            return core.log.write(.warning, "webhook of another job", [("job", job.description), ("fal_request", webhook.requestID)])
        }
        // Who runs the request looks for such receipts when it is over.
        if core.running[job.requestID] == nil { try await takeUpKnown(of: job.requestID, except: []) }
    }

    /// Makes the webhook the job's receipt.
    ///
    /// - Returns: `false` when nobody can follow the job all the same.
    private func note(_ webhook: FalWebhook, for row: JobRow, _ setup: Setup) async throws(LedgerError) -> Bool {
        guard let deployment = setup.routing.deployment(resuming: row.deploymentID, endpoint: row.endpoint),
            let receipt = try? SubmittedJob(
                takingUp: webhook.requestID, of: deployment.endpoint, statusURL: nil, responseURL: nil, cancelURL: nil,
                from: deployment.upstream.base)
        else {
            core.log.write(.error, "job has no deployment any more", [("job", row.id.description), ("endpoint", row.endpoint)])
            return false
        }
        do {
            try await core.ledger.submitted(
                row.id, falRequestID: receipt.requestID, statusURL: receipt.locations.status.description,
                responseURL: receipt.locations.response.description, cancelURL: receipt.locations.cancel.description)
            core.log.write(.info, "job known by its webhook", [("job", row.id.description), ("fal_request", receipt.requestID)])
        } catch .impossible, .noSuchJob {
            // Its receipt has come meanwhile, or its end.
        }
        return true
    }

    /// The receipt of a job whose submit was not answered, if its webhook has brought it.
    func receiptFromWebhook(of job: JobID, on deployment: Deployment, _ setup: Setup) async -> SubmittedJob? {
        guard setup.hook != nil,
            let submission = try? await core.ledger.openRequest(id: job.requestID)?.jobs.first(where: { $0.id == job })?.submission
        else { return nil }
        return try? SubmittedJob(
            takingUp: submission.falRequestID, of: deployment.endpoint, statusURL: submission.statusURL,
            responseURL: submission.responseURL, cancelURL: submission.cancelURL, from: deployment.upstream.base)
    }

    /// Jobs of a request that is over, as far as this process knew, and whose receipt has come since.
    func takeUpLate(_ record: RequestRecord, _ setup: Setup) {
        guard setup.hook != nil else { return }
        let id = record.id.text
        let followed = Set(record.outcomes.filter { !$0.isUnknown }.map(\.job))
        reactor.spawn {
            do throws(LedgerError) {
                try await self.takeUpKnown(of: id, except: followed)
            } catch {
                self.core.log.write(.error, "request not taken up", [("request", id), ("reason", error.description)])
            }
        }
    }

    /// - Parameter followed: jobs that have had their chance.
    private func takeUpKnown(of id: String, except followed: Set<JobID>) async throws(LedgerError) {
        guard var open = try await core.ledger.openRequest(id: id) else { return }
        open.jobs.removeAll { $0.submission == nil || followed.contains($0.id) }
        if !open.jobs.isEmpty { takeUp(open) }
    }
}

extension CallOutcome {
    var isUnknown: Bool {
        if case .unknown = end { true } else { false }
    }
}

extension Response {
    fileprivate static let heardWebhook = Response.json(["status": "heard"])
    /// To an address that is none of ours: there is no use in sending it again.
    static let ignoredWebhook = Response.json(["status": "ignored"])
}
