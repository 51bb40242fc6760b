internal import Money
internal import SQLite

extension Journal {
    func adopt() throws(LedgerError) -> [OpenRequest] {
        try transitions.adoptAll()
        return try LedgerReader(on: connection).openRequests()
    }

    func settleRecovered(
        _ row: SpendRow, jobs: [JobSettlement], stored: StoredEnd?, at now: Timestamp
    ) throws(LedgerError) {
        for settlement in jobs { try end(settlement) }
        if try !spend.insert(row) {
            let endsSomething = jobs.contains { JobState.submitted.after($0.event) == .settled }
            guard endsSomething else { throw .alreadyRecorded(requestID: row.requestID) }
            guard try spend.add(row) else { throw .notRecorded(requestID: row.requestID) }
        }
        if let stored { try requests.end(row.requestID, stored, at: now) }
    }

    func resolve(
        _ job: JobID, _ decision: OperatorDecision, stored: StoredEnd?, at now: Timestamp
    ) throws(LedgerError) {
        let startedAt = try transitions.startOfRequest(job)
        try transitions.apply(.operatorDecided, to: job)
        guard try spend.add(decision.end, to: job.requestID, startedAt: startedAt) else { throw .notRecorded(requestID: job.requestID) }
        // Nothing is left that could end a request that still runs. While jobs are, this does nothing.
        try requests.end(job.requestID, stored ?? .forgotten, at: now)
    }
}
