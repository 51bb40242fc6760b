internal import Money
internal import SQLite

/// The writer's steps: each method is one caller's whole piece of work, run inside a
/// transaction that others share. Everything here may run twice (see `Committer`), so it depends
/// on nothing but its arguments and the database.
final class Journal {
    let connection: Connection
    let transitions: JobTransitions
    let requests: RequestStore
    let spend: SpendLog
    private let insertJob: Statement

    init(on connection: Connection) throws(SQLiteError) {
        self.connection = connection
        transitions = try JobTransitions(on: connection)
        requests = try RequestStore(on: connection)
        spend = try SpendLog(on: connection)
        insertJob = try Statement("INSERT INTO jobs (\(JobRow.columns)) VALUES (\(JobRow.placeholders))", on: connection)
    }

    func open(
        _ request: RequestRow, jobs: [JobRow], stored: StoredRequest.Draft?, at now: Timestamp
    ) throws(LedgerError) -> OpenOutcome {
        if let stored,
            let earlier = try requests.open(StoredRequest(request, stored), joinsSince: stored.joinsSince, at: now)
        {
            return .joined(earlier)
        }
        try insert(jobs, of: request)
        return .opened
    }

    private func insert(_ jobs: [JobRow], of request: RequestRow) throws(LedgerError) {
        for job in jobs {
            do {
                try insertJob.run { job.bind(to: &$0, for: request) }
            } catch {
                throw error.isDuplicateKey ? .alreadyOpen(requestID: request.id) : LedgerError(error)
            }
        }
    }

    func openElsewhere(
        _ request: RequestRow, jobs: [JobRow], insteadOf ended: [JobSettlement], rendering: [UInt8]?
    ) throws(LedgerError) {
        for settlement in ended { try end(settlement) }
        try insert(jobs, of: request)
        if let rendering { try requests.render(request.id, rendering) }
    }

    func settle(
        _ row: SpendRow, jobs: [JobSettlement], stored: StoredEnd?, at now: Timestamp
    ) throws(LedgerError) {
        guard try spend.insert(row) else { throw .alreadyRecorded(requestID: row.requestID) }
        for settlement in jobs { try end(settlement) }
        if let stored { try requests.end(row.requestID, stored, at: now) }
    }

    func settleLate(_ ends: [(job: JobID, end: LateEnd)], stored: StoredEnd?, at now: Timestamp) throws(LedgerError) {
        for (job, end) in ends {
            let startedAt = try transitions.startOfRequest(job)
            try transitions.apply(.ended, to: job)
            guard try spend.add(end, to: job.requestID, startedAt: startedAt) else { throw .notRecorded(requestID: job.requestID) }
        }
        if let stored, let request = ends.first?.job.requestID { try requests.end(request, stored, at: now) }
    }

    /// Writes without changing anything: one page of the file.
    func touch() throws(LedgerError) {
        try LedgerError.translating { () throws(SQLiteError) in
            try connection.execute("PRAGMA user_version = \(try connection.schemaVersion())")
        }
    }

    func end(_ settlement: JobSettlement) throws(LedgerError) {
        if let receipt = settlement.receipt, settlement.leavesJobAtFal,
            try transitions.state(of: settlement.job)?.after(.submitted) != nil
        {
            try transitions.submitted(settlement.job, receipt)
        }
        try transitions.apply(settlement.event, to: settlement.job)
    }
}

extension JobSettlement {
    /// True when fal goes on with the job, so that its receipt is of use.
    fileprivate var leavesJobAtFal: Bool { JobState.submitted.after(event) == .abandoned }
}
