internal import Money
internal import SQLite

/// The writer's statements: each method is one caller's whole piece of work, run inside a
/// transaction that others share. Everything here may run twice (see `Committer`), so it depends
/// on nothing but its arguments and the database.
final class Journal {
    let connection: Connection
    private let insertJob: Statement
    private let submitJob: Statement
    private let markJob: Statement
    private let deleteJob: Statement
    private let insertSpend: Statement
    private let findBasis: Statement
    private let addSpend: Statement

    init(on connection: Connection) throws(SQLiteError) {
        self.connection = connection
        insertJob = try Statement("INSERT INTO jobs (\(JobRow.columns)) VALUES (\(JobRow.placeholders))", on: connection)
        submitJob = try Statement(
            """
            UPDATE jobs SET state = 'submitted', fal_request_id = ?, status_url = ?, response_url = ?, \
            cancel_url = ?, submitted_at = ? WHERE request_id = ? AND ordinal = ? AND state IN ('reserved', 'unknown')
            """, on: connection)
        markJob = try Statement("UPDATE jobs SET state = ? WHERE request_id = ? AND ordinal = ?", on: connection)
        deleteJob = try Statement("DELETE FROM jobs WHERE request_id = ? AND ordinal = ?", on: connection)
        insertSpend = try Statement(
            "INSERT INTO spend_logs (\(SpendRow.columns)) VALUES (\(SpendRow.placeholders))", on: connection)
        findBasis = try Statement("SELECT basis FROM spend_logs WHERE request_id = ?", on: connection)
        addSpend = try Statement(
            "UPDATE spend_logs SET cost = cost + ?, images = images + ?, basis = ? WHERE request_id = ?", on: connection)
    }

    func open(_ request: RequestRow, jobs: [JobRow]) throws(LedgerError) {
        for job in jobs {
            do {
                try insertJob.run(job.values(for: request))
            } catch {
                throw error.isDuplicateKey ? .alreadyOpen(requestID: request.id) : LedgerError(error)
            }
        }
    }

    func submitted(_ job: JobID, _ submission: Submission) throws(LedgerError) {
        let changed = try LedgerError.translating { () throws(SQLiteError) in
            try submitJob.run([
                .text(submission.falRequestID), .text(submission.statusURL), .text(submission.responseURL),
                .text(submission.cancelURL), .integer(submission.at.milliseconds),
                .text(job.requestID), SQLiteValue(job.ordinal),
            ])
        }
        guard changed == 1 else { throw .noSuchJob(job) }
    }

    func settle(_ row: SpendRow, jobs: [JobSettlement]) throws(LedgerError) {
        do {
            try insertSpend.run(row.values)
        } catch {
            throw error.isDuplicateKey ? .alreadyRecorded(requestID: row.requestID) : LedgerError(error)
        }
        for settlement in jobs {
            switch settlement.end {
            case .settled: try remove(settlement.job)
            case .unknown: try mark(settlement.job, .unknown)
            case .abandoned: try mark(settlement.job, .abandoned)
            }
        }
    }

    func settleLate(_ job: JobID, _ end: LateEnd) throws(LedgerError) {
        try remove(job)
        let requestID = SQLiteValue.text(job.requestID)
        let changed = try LedgerError.translating { () throws(SQLiteError) -> Int in
            let before = try findBasis.first([requestID]) { row throws(SQLiteError) in try CostBasis.stored(row.text(0)) }
            guard let before else { return 0 }
            return try addSpend.run([
                .integer(end.cost.rawValue), SQLiteValue(end.images),
                .text(before.combined(with: end.basis).rawValue), requestID,
            ])
        }
        guard changed == 1 else { throw .notRecorded(requestID: job.requestID) }
    }

    /// Writes without changing anything: one page of the file.
    func touch() throws(LedgerError) {
        try LedgerError.translating { () throws(SQLiteError) in
            try connection.execute("PRAGMA user_version = \(try connection.schemaVersion())")
        }
    }

    private func remove(_ job: JobID) throws(LedgerError) {
        let changed = try LedgerError.translating { () throws(SQLiteError) in
            try deleteJob.run(.text(job.requestID), SQLiteValue(job.ordinal))
        }
        guard changed == 1 else { throw .noSuchJob(job) }
    }

    private func mark(_ job: JobID, _ state: JobState) throws(LedgerError) {
        let changed = try LedgerError.translating { () throws(SQLiteError) in
            try markJob.run(.text(state.rawValue), .text(job.requestID), SQLiteValue(job.ordinal))
        }
        guard changed == 1 else { throw .noSuchJob(job) }
    }
}
