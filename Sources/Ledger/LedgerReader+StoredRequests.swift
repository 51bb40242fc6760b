internal import Money
internal import SQLite

extension LedgerReader {
    /// See `Ledger.storedRequest(id:)`.
    package func storedRequest(id: String, at now: Timestamp) throws(LedgerError) -> StoredRequest? {
        try stored("WHERE request_id = ?", [.text(id)], at: now).first
    }

    /// See `Ledger.storedRequest(key:idempotencyKey:)`.
    package func storedRequest(
        key keyHash: String?, idempotencyKey: String, at now: Timestamp
    ) throws(LedgerError) -> StoredRequest? {
        try stored(
            "WHERE owner = ? AND idempotency_key = ?", [.text(StoredRequest.owner(keyHash)), .text(idempotencyKey)],
            at: now
        ).first
    }

    /// See `Ledger.runningRequest(key:fingerprint:since:)`.
    package func runningRequest(
        key keyHash: String?, fingerprint: [UInt8], since: Timestamp
    ) throws(LedgerError) -> StoredRequest? {
        try rows(
            RequestStore.runningByFingerprint,
            [.blob(fingerprint), .integer(since.milliseconds), .text(StoredRequest.owner(keyHash))]
        ).first
    }

    /// See `Ledger.dueWebhooks(before:atMost:)`.
    package func dueWebhooks(before instant: Timestamp, atMost count: Int) throws(LedgerError) -> [StoredRequest] {
        try rows(
            """
            SELECT \(StoredRequest.columns) FROM requests WHERE webhook_next_at <= ? \
            ORDER BY webhook_next_at, request_id LIMIT ?
            """, [.integer(instant.milliseconds), SQLiteValue(max(0, count))])
    }

    /// The jobs in one state, or in any; oldest request first.
    package func unsettledJobs(_ state: JobState? = nil) throws(LedgerError) -> [UnsettledJob] {
        let condition = state == nil ? "" : "WHERE state = ?"
        return try LedgerError.translating { () throws(SQLiteError) in
            try Statement(
                "SELECT \(JobRow.columns) FROM jobs \(condition) ORDER BY started_at, request_id, ordinal", on: connection
            ).rows(state.map { [.text($0.rawValue)] } ?? []) { row throws(SQLiteError) in
                UnsettledJob(request: try RequestRow(job: row), job: try JobRow(row))
            }
        }
    }

    /// The stored requests of everything in the journal.
    func storedRequestsWithJobs() throws(SQLiteError) -> [String: StoredRequest] {
        let found = try Statement(
            "SELECT \(StoredRequest.columns) FROM requests WHERE request_id IN (SELECT request_id FROM jobs)",
            on: connection
        ).rows { row throws(SQLiteError) in try StoredRequest(row) }
        return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
    }

    /// Those that match and whose time is not up.
    private func stored(
        _ condition: String, _ values: [SQLiteValue], at now: Timestamp
    ) throws(LedgerError) -> [StoredRequest] {
        try rows(
            "SELECT \(StoredRequest.columns) FROM requests \(condition) AND (expires_at IS NULL OR expires_at > ?)",
            values + [.integer(now.milliseconds)])
    }

    private func rows(_ sql: String, _ values: [SQLiteValue]) throws(LedgerError) -> [StoredRequest] {
        try LedgerError.translating { () throws(SQLiteError) in
            try Statement(sql, on: connection).rows(values) { row throws(SQLiteError) in try StoredRequest(row) }
        }
    }
}
