internal import Money
internal import SQLite

/// Reads the ledger through a connection of its own, also while another process writes.
///
/// Every call blocks on the disk and belongs on a thread that may: in a server use the functions
/// of `Ledger`, which run there. One thread at a time.
package final class LedgerReader {
    let connection: Connection

    /// Opens the database read-only, without its lock: a running gateway is not disturbed.
    ///
    /// - Throws: `.cannotOpen` when there is no such file, `.foreignFile`, `.newerSchema`, `.olderSchema`.
    package convenience init(path: String, limits: LedgerLimits = LedgerLimits()) throws(LedgerError) {
        let connection = try LedgerError.translating { () throws(SQLiteError) in
            try Connection(path: path, access: .readOnly, busyTimeout: limits.lockWait)
        }
        let version = try Schema.check(connection)
        guard version == Schema.migrations.count else {
            throw .olderSchema(found: version, known: Schema.migrations.count)
        }
        self.init(on: connection)
    }

    init(on connection: Connection) {
        self.connection = connection
    }

    /// The rows that match, newest first.
    package func spendLogs(_ query: SpendQuery) throws(LedgerError) -> [SpendRow] {
        let (condition, values) = query.condition
        let limit = max(0, min(query.limit, LedgerLimits.rowsPerQuery))
        return try LedgerError.translating { () throws(SQLiteError) in
            let statement = try Statement(
                """
                SELECT \(SpendRow.columns) FROM spend_logs \(condition) \
                ORDER BY started_at DESC, request_id DESC LIMIT ? OFFSET ?
                """, on: connection)
            return try statement.rows(values + [SQLiteValue(limit), SQLiteValue(max(0, query.offset))]) {
                row throws(SQLiteError) in try SpendRow(row)
            }
        }
    }

    /// Sums over the rows that match; `limit` and `offset` do not count. Days from the newest, all
    /// else from the dearest.
    package func spendSummary(by group: SpendGroup, _ query: SpendQuery) throws(LedgerError) -> [SpendSummary] {
        let (condition, values) = query.condition
        return try LedgerError.translating { () throws(SQLiteError) in
            try Statement(group.sql(where: condition), on: connection).rows(values) { row in
                SpendSummary(
                    group: Self.name(of: group, in: row), requests: Int(row.integer(1)), failures: Int(row.integer(2)),
                    images: Int(row.integer(3)), cost: Nanodollars(rawValue: row.integer(4)))
            }
        }
    }

    /// How many jobs are in the journal in each state; a state without any is left out.
    package func jobCounts() throws(LedgerError) -> [JobState: Int] {
        let rows = try LedgerError.translating { () throws(SQLiteError) in
            try Statement("SELECT state, count(*) FROM jobs GROUP BY state", on: connection).rows([]) { row in
                (row.text(0), Int(row.integer(1)))
            }
        }
        var counts: [JobState: Int] = [:]
        for (state, count) in rows { counts[JobState(rawValue: state) ?? .unknown] = count }
        return counts
    }

    /// Everything in the journal: what recovery must bring to an end, by request. One consistent
    /// state, whatever is written meanwhile.
    package func openRequests() throws(LedgerError) -> [OpenRequest] {
        try LedgerError.translating { () throws(SQLiteError) in
            guard !connection.isInTransaction else { return try readOpenRequests() }
            return try connection.transaction(.reading) { () throws(SQLiteError) in try readOpenRequests() }
        }
    }

    /// One of them; nil when the journal has no job of that request.
    package func openRequest(id: String) throws(LedgerError) -> OpenRequest? {
        let now = Timestamp.now
        guard var found = try LedgerError.translating({ () throws(SQLiteError) in
            try openRequests(where: "request_id = ?", [.text(id)], stored: [:]).first
        }) else { return nil }
        found.stored = try storedRequest(id: id, at: now)
        return found
    }

    private func readOpenRequests() throws(SQLiteError) -> [OpenRequest] {
        try openRequests(where: "true", [], stored: try storedRequestsWithJobs())
    }

    private func openRequests(
        where condition: String, _ values: [SQLiteValue], stored: [String: StoredRequest]
    ) throws(SQLiteError) -> [OpenRequest] {
        let statement = try Statement(
            """
            SELECT \(JobRow.columns), EXISTS (SELECT 1 FROM spend_logs \
            WHERE spend_logs.started_at = jobs.started_at AND spend_logs.request_id = jobs.request_id) FROM jobs WHERE \(condition) ORDER BY request_id, ordinal
            """, on: connection)
        let rows = try statement.rows(values) { row throws(SQLiteError) in
            OpenRequest(
                request: try RequestRow(job: row), jobs: [try JobRow(row)], isRecorded: row.integer(19) != 0,
                stored: stored[row.text(0)])
        }
        return rows.reduce(into: []) { requests, row in
            if requests.last?.request.id == row.request.id {
                requests[requests.count - 1].jobs += row.jobs
            } else {
                requests.append(row)
            }
        }
    }

    private static func name(of group: SpendGroup, in row: borrowing Row) -> String? {
        guard group == .day else { return row.optionalText(0) }
        return Timestamp(milliseconds: row.integer(0) * Timestamp.millisecondsPerDay).day
    }
}
