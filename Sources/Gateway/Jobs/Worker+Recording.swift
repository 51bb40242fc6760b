import Fal
import Ledger
import Money

/// What the ledger is told of a request, in this order: `open`, the receipts, `settle`.
extension Worker {
    /// Makes every job durable before any of them can cost money.
    ///
    /// - Returns: the request that this one repeats; nothing was written then.
    func open(
        _ order: ImageOrder, _ record: RequestRecord, _ repetition: Repetition
    ) async throws(GatewayError) -> StoredRequest? {
        let jobs = order.jobs(of: record.id).map { JobRow($0, $1, on: order.deployment) }
        let entry = record.journalEntry(order.plan, model: order.model)
        do {
            let draft = order.isKept ? repetition.draft(order) : nil
            guard case .joined(let earlier) = try await core.ledger.open(entry, jobs: jobs, stored: draft) else { return nil }
            let isNamed = repetition.idempotencyKey != nil && earlier.idempotencyKey == repetition.idempotencyKey
            if isNamed || isUndelivered(earlier) { return earlier }
            // The one that was found has been answered: an SDK's repetition wants a new image then.
            let afresh = repetition.draft(order, joinsRetries: false)
            guard case .joined(let other) = try await core.ledger.open(entry, jobs: jobs, stored: afresh) else { return nil }
            return other
        } catch {
            throw .cannotRecord(error)
        }
    }

    /// Makes the jobs durable that a request becomes elsewhere, and that the first ones were refused.
    func openAgain(
        _ order: ImageOrder, _ record: RequestRecord, after outcomes: [CallOutcome]
    ) async throws(GatewayError) {
        let jobs = order.jobs(of: record.id).map { JobRow($0, $1, on: order.deployment) }
        let refused = outcomes.filter(\.isRefused).map { JobSettlement($0.job, .refused) }
        do {
            try await core.ledger.openElsewhere(
                record.journalEntry(order.plan, model: order.model), jobs: jobs, insteadOf: refused)
        } catch {
            throw .cannotRecord(error)
        }
    }

    /// Writes the request's row and closes its jobs in the journal, as one step.
    ///
    /// - Throws: nothing that is not recorded is called a success. `.costNotRecorded`, or `.ledgerUnavailable` where
    ///   nothing was sent.
    func settle(
        _ record: RequestRecord, _ error: GatewayError?, stored: StoredEnd?
    ) async throws(GatewayError) {
        do {
            try await core.ledger.settle(record.spendRow(error), jobs: record.outcomes.compactMap(\.settlement), stored: stored)
            noteSpend(record.cost, record)
        } catch let failure {
            core.log.write(.error, "spend not recorded", [("request", record.id.text), ("reason", failure.description)])
            guard !record.outcomes.isEmpty else { throw .cannotRecord(failure) }
            throw GatewayError(
                .costNotRecorded,
                "The request ran, but its cost could not be recorded. Ask the operator for request \(record.id.text).",
                detail: failure.description)
        }
    }

    /// Counts what the ledger has.
    func noteSpend(_ cost: Nanodollars, _ record: RequestRecord) {
        core.metrics.spent(cost, model: core.setup.routing.metricsName(of: record.model))
    }

    /// Records a failed request, and says what the caller gets to hear.
    func settled(
        _ error: GatewayError, _ record: RequestRecord, stored: StoredEnd?
    ) async -> GatewayError {
        // Already tried, and the reason is the ledger itself.
        if error.kind == .ledgerUnavailable || error.kind == .costNotRecorded { return error }
        do {
            try await settle(record, error, stored: stored)
            return error
        } catch let failure {
            return failure
        }
    }
}

extension JobRow {
    init(_ id: JobID, _ call: FalCall, on deployment: Deployment) {
        self.init(
            id: id, deploymentID: deployment.journalName, endpoint: deployment.endpoint.id,
            reserved: deployment.price.maximumCost(of: call) ?? .zero)
    }
}

extension GatewayError {
    static func cannotRecord(_ error: LedgerError) -> GatewayError {
        GatewayError(
            .ledgerUnavailable, "The request cannot be recorded at the moment, so nothing was sent to fal.",
            detail: error.description, retryAfter: 5)
    }
}
