import Fal
import Ledger
import Money

/// What the ledger is told of a request, in this order: `open`, the receipts, `settle`.
extension Worker {
    /// Makes every job durable before any of them can cost money.
    ///
    /// - Returns: the request that this one repeats; nothing was written then.
    @inline(never)
    func open(_ order: ImageOrder, _ arrival: Arrival) async throws(GatewayError) -> StoredRequest? {
        let draft = order.isKept ? arrival.repetition?.draft(order) : nil
        do throws(LedgerError) {
            let outcome = try await core.ledger.open(
                arrival.record.journalEntry(order.plan, model: order.model), jobs: order.journalRows(of: arrival.record.id),
                stored: draft)
            if case .joined(let earlier) = outcome { return earlier }
            return nil
        } catch {
            throw .cannotRecord(error)
        }
    }

    /// Makes the jobs durable that a request becomes elsewhere, and that the first ones were refused.
    func openAgain(
        _ order: ImageOrder, _ record: RequestRecord, after outcomes: [CallOutcome]
    ) async throws(GatewayError) {
        let jobs = order.journalRows(of: record.id)
        let refused = outcomes.filter(\.isRefused).map { JobSettlement($0.job, .refused) }
        do {
            try await core.ledger.openElsewhere(
                record.journalEntry(order.plan, model: order.model), jobs: jobs, insteadOf: refused,
                rendering: order.isKept ? StoredRendering(order).bytes : nil)
        } catch {
            throw .cannotRecord(error)
        }
    }

    /// Writes the request's row and closes its jobs in the journal, as one step.
    ///
    /// - Throws: nothing that is not recorded is called a success. `.costNotRecorded`, or `.ledgerUnavailable` where
    ///   nothing was sent.
    func settle(_ record: RequestRecord, _ error: GatewayError?, stored: StoredEnd?) async throws(GatewayError) {
        do throws(LedgerError) {
            try await write(record, error, stored: stored)
        } catch {
            throw notRecorded(record, error)
        }
    }

    func write(_ record: RequestRecord, _ error: GatewayError?, stored: StoredEnd?) async throws(LedgerError) {
        try await core.ledger.settle(record.spendRow(error), jobs: record.outcomes.compactMap(\.settlement), stored: stored)
        noteSpend(record.cost, record)
    }

    @inline(never)
    func notRecorded(_ record: RequestRecord, _ failure: LedgerError) -> GatewayError {
        let receipts = record.outcomes.compactMap { $0.receipt?.requestID }.joined(separator: ",")
        core.log.write(
            .error, "spend not recorded",
            [("request", record.id.text), ("fal_requests", receipts), ("reason", failure.description)])
        guard !record.outcomes.isEmpty else { return .cannotRecord(failure) }
        return GatewayError(
            .costNotRecorded,
            "The request ran, but its cost could not be recorded. Ask the operator for request \(record.id.text).",
            detail: failure.description)
    }

    /// Counts what the ledger has.
    func noteSpend(_ cost: Nanodollars, _ record: RequestRecord) {
        core.metrics.spent(cost, model: core.setup.routing.metricsName(of: record.model))
    }

    /// Records a request that had no jobs, and says what the caller gets to hear.
    func settled(_ error: GatewayError, _ record: RequestRecord) async -> GatewayError {
        // Already tried, and the reason is the ledger itself.
        if error.kind == .ledgerUnavailable { return error }
        do throws(GatewayError) {
            try await settle(record, error, stored: nil)
            return error
        } catch {
            return error
        }
    }
}

extension ImageOrder {
    /// The jobs as they stand in the journal.
    @inline(never)
    fileprivate func journalRows(of request: RequestID) -> [JobRow] {
        jobs(of: request).map { JobRow($0, $1, on: deployment) }
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
