internal import SQLite

/// The writer's statements on stored requests.
final class RequestStore {
    private let insert: Statement
    private let deleteDead: Statement
    private let releaseKey: Statement
    private let findByKey: Statement
    private let findRunning: Statement
    private let rerender: Statement
    private let keep: Statement
    private let freeKey: Statement
    private let extend: Statement
    private let forget: Statement
    private let noteAttempt: Statement
    private let deleteExpired: Statement

    init(on connection: Connection) throws(SQLiteError) {
        insert = try Statement(
            """
            INSERT INTO requests (\(StoredRequest.openingColumns)) VALUES (\(StoredRequest.openingPlaceholders)) \
            ON CONFLICT DO NOTHING
            """, on: connection)
        deleteDead = try Statement(
            """
            DELETE FROM requests WHERE owner = ? AND idempotency_key = ? AND state = 'running' \
            AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.request_id = requests.request_id)
            """, on: connection)
        releaseKey = try Statement(
            "UPDATE requests SET idempotency_key = NULL WHERE owner = ? AND idempotency_key = ? AND expires_at <= ?",
            on: connection)
        findByKey = try Statement(Self.byIdempotencyKey, on: connection)
        findRunning = try Statement(Self.runningByFingerprint, on: connection)
        rerender = try Statement("UPDATE requests SET rendering = ? WHERE request_id = ?", on: connection)
        keep = try Statement(
            """
            UPDATE requests SET state = ?, http_status = ?, answer = ?, ended_at = ?, expires_at = ?, \
            webhook_attempts = 0, webhook_delivered_at = NULL, \
            webhook_next_at = CASE WHEN webhook_url IS NULL THEN NULL ELSE ? END \
            WHERE request_id = ? AND state <> 'finished'
            """, on: connection)
        freeKey = try Statement(
            """
            UPDATE requests SET idempotency_key = NULL WHERE request_id = ? AND state <> 'finished' \
            AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.request_id = requests.request_id)
            """, on: connection)
        extend = try Statement(
            "UPDATE requests SET answer = coalesce(?, answer) WHERE request_id = ? AND state = 'finished'", on: connection)
        forget = try Statement(
            """
            DELETE FROM requests WHERE request_id = ? AND state = 'running' \
            AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.request_id = requests.request_id)
            """, on: connection)
        noteAttempt = try Statement(
            """
            UPDATE requests SET webhook_attempts = webhook_attempts + 1, webhook_next_at = ?, \
            webhook_delivered_at = ? WHERE request_id = ? AND webhook_next_at IS NOT NULL
            """, on: connection)
        deleteExpired = try Statement(
            """
            DELETE FROM requests WHERE request_id IN (SELECT request_id FROM requests \
            WHERE expires_at <= ? AND webhook_next_at IS NULL ORDER BY expires_at LIMIT ?) RETURNING request_id
            """, on: connection)
    }

    static let byIdempotencyKey =
        "SELECT \(StoredRequest.columns) FROM requests WHERE owner = ? AND idempotency_key = ?"
    /// The newest of those that run.
    static let runningByFingerprint = """
        SELECT \(StoredRequest.columns) FROM requests WHERE state = 'running' AND fingerprint = ? AND created_at >= ? AND owner = ? \
        AND EXISTS (SELECT 1 FROM jobs WHERE jobs.request_id = requests.request_id) ORDER BY created_at DESC LIMIT 1
        """

    /// - Returns: the request that stands in the way; nil when this one is stored now.
    func open(_ request: StoredRequest, joinsSince: Timestamp?, at now: Timestamp) throws(LedgerError) -> StoredRequest? {
        if let joinsSince, let earlier = try earlier(than: request, since: joinsSince) { return earlier }
        if try insert(request) { return nil }
        guard let key = request.idempotencyKey else { throw .alreadyOpen(requestID: request.id) }
        if try free(key, of: request, at: now), try insert(request) { return nil }
        guard let holder = try holder(of: request, key) else { throw .alreadyOpen(requestID: request.id) }
        return holder
    }

    func render(_ requestID: String, _ rendering: [UInt8]) throws(LedgerError) {
        try LedgerError.translating { () throws(SQLiteError) in _ = try rerender.run(.blob(rendering), .text(requestID)) }
    }

    func end(_ requestID: String, _ end: StoredEnd, at now: Timestamp) throws(LedgerError) {
        try LedgerError.translating { () throws(SQLiteError) in
            switch end {
            case .forgotten: _ = try forget.run(.text(requestID))
            case .extended(let answer):
                _ = try extend.run(answer.body.map(SQLiteValue.blob) ?? .null, .text(requestID))
            case .kept(let answer, let until): try keep(requestID, answer, until: until, at: now)
            case .told(let answer, let until):
                try keep(requestID, answer, until: until, at: now)
                _ = try freeKey.run(.text(requestID))
            }
        }
    }

    private func keep(_ requestID: String, _ answer: StoredAnswer, until: Timestamp, at now: Timestamp) throws(SQLiteError) {
        _ = try keep.run { row in
            row.text(answer.outcome.rawValue)
            row.integer(Int64(answer.httpStatus))
            row.blob(answer.body)
            row.integer(now.milliseconds)
            row.integer(until.milliseconds)
            row.integer(now.milliseconds)
            row.text(requestID)
        }
    }

    /// - Returns: false when no attempt was due: delivered already, or forgotten.
    func attempted(_ requestID: String, _ attempt: WebhookAttempt) throws(LedgerError) -> Bool {
        let (next, delivered): (SQLiteValue, SQLiteValue) =
            switch attempt {
            case .delivered(let at): (.null, .integer(at.milliseconds))
            case .failed(let nextAt): (.integer(nextAt.milliseconds), .null)
            case .givenUp: (.null, .null)
            }
        return try LedgerError.translating { () throws(SQLiteError) in
            try noteAttempt.run(next, delivered, .text(requestID)) == 1
        }
    }

    func forgetExpired(before instant: Timestamp, atMost count: Int) throws(LedgerError) -> [String] {
        try LedgerError.translating { () throws(SQLiteError) in
            try deleteExpired.rows([.integer(instant.milliseconds), SQLiteValue(max(0, count))]) { row in row.text(0) }
        }
    }

    private func insert(_ request: StoredRequest) throws(LedgerError) -> Bool {
        try LedgerError.translating { () throws(SQLiteError) in try insert.run { request.bindOpening(to: &$0) } == 1 }
    }

    /// Makes room where the holder of the key runs no more because it has no jobs, or has expired and nobody has
    /// swept it yet. That one only loses the key: its webhook may be due, and its images go when it is swept.
    private func free(_ key: String, of request: StoredRequest, at now: Timestamp) throws(LedgerError) -> Bool {
        try LedgerError.translating { () throws(SQLiteError) in
            let owner = SQLiteValue.text(StoredRequest.owner(request.keyHash))
            if try releaseKey.run(owner, .text(key), .integer(now.milliseconds)) == 1 { return true }
            return try deleteDead.run(owner, .text(key)) == 1
        }
    }

    private func holder(of request: StoredRequest, _ key: String) throws(LedgerError) -> StoredRequest? {
        try LedgerError.translating { () throws(SQLiteError) in
            try findByKey.first([.text(StoredRequest.owner(request.keyHash)), .text(key)]) { row throws(SQLiteError) in
                try StoredRequest(row)
            }
        }
    }

    private func earlier(than request: StoredRequest, since: Timestamp) throws(LedgerError) -> StoredRequest? {
        try LedgerError.translating { () throws(SQLiteError) in
            try findRunning.first([
                .blob(request.fingerprint), .integer(since.milliseconds), .text(StoredRequest.owner(request.keyHash)),
            ]) { row throws(SQLiteError) in try StoredRequest(row) }
        }
    }
}
