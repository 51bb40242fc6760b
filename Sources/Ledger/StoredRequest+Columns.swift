internal import SQLite

extension StoredRequest {
    /// In the order of `init(_:from:)`.
    static let columns = """
        requests.request_id, requests.owner, requests.fingerprint, requests.idempotency_key, requests.rendering, \
        requests.created_at, requests.webhook_url, requests.webhook_secret_id, requests.webhook_attempts, \
        requests.webhook_next_at, requests.webhook_delivered_at, requests.state, requests.http_status, \
        requests.answer, requests.ended_at, requests.expires_at
        """
    /// What a request has when it is opened: the first eight.
    static let openingColumns = """
        request_id, owner, fingerprint, idempotency_key, rendering, created_at, webhook_url, webhook_secret_id, state
        """
    static let openingPlaceholders = "?, ?, ?, ?, ?, ?, ?, ?, 'running'"

    func bindOpening(to row: inout Binding) {
        row.text(id)
        row.text(Self.owner(keyHash))
        row.blob(fingerprint)
        row.text(idempotencyKey)
        row.blob(rendering)
        row.integer(createdAt.milliseconds)
        row.text(webhook?.url)
        row.text(webhook?.secretID)
    }

    /// A key's hash as the column has it: never NULL, for to a unique index no NULL is like another.
    static func owner(_ keyHash: String?) -> String { keyHash ?? "" }

    /// - Parameter first: the number of the first of `columns` in `row`.
    init(_ row: borrowing Row, from first: Int = 0) throws(SQLiteError) {
        let owner = row.text(first + 1)
        id = row.text(first)
        keyHash = owner.isEmpty ? nil : owner
        fingerprint = row.blob(first + 2)
        idempotencyKey = row.optionalText(first + 3)
        rendering = row.blob(first + 4)
        createdAt = Timestamp(milliseconds: row.integer(first + 5))
        if let url = row.optionalText(first + 6) {
            var hook = Webhook(url: url, secretID: row.optionalText(first + 7))
            hook.attempts = Int(row.integer(first + 8))
            hook.nextAttemptAt = row.optionalInteger(first + 9).map(Timestamp.init(milliseconds:))
            hook.deliveredAt = row.optionalInteger(first + 10).map(Timestamp.init(milliseconds:))
            webhook = hook
        }
        let state = row.text(first + 11)
        guard state != "running" else { return }
        end = End(
            answer: StoredAnswer(
                try .stored(state), httpStatus: Int(row.integer(first + 12)),
                body: row.isNull(first + 13) ? nil : row.blob(first + 13)),
            at: Timestamp(milliseconds: row.integer(first + 14)),
            expiresAt: Timestamp(milliseconds: row.integer(first + 15)))
    }
}
