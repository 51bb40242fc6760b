extension Ledger {
    /// The stored request of that id, whoever owns it: compare `keyHash` before showing it. nil
    /// when there is none, or its time is up.
    package func storedRequest(id: String) async throws(LedgerError) -> StoredRequest? {
        let now = Timestamp.now
        return try await read { reader throws(LedgerError) in try reader.storedRequest(id: id, at: now) }
    }

    /// The request that a caller made with that idempotency key.
    package func storedRequest(key keyHash: String?, idempotencyKey: String) async throws(LedgerError) -> StoredRequest? {
        let now = Timestamp.now
        return try await read { reader throws(LedgerError) in
            try reader.storedRequest(key: keyHash, idempotencyKey: idempotencyKey, at: now)
        }
    }

    /// The newest running request of a caller for the same thing, opened at or after `since`.
    package func runningRequest(
        key keyHash: String?, fingerprint: [UInt8], since: Timestamp
    ) async throws(LedgerError) -> StoredRequest? {
        try await read { reader throws(LedgerError) in
            try reader.runningRequest(key: keyHash, fingerprint: fingerprint, since: since)
        }
    }

    /// Ended requests whose webhook is to be called by then, the longest due first.
    package func dueWebhooks(before instant: Timestamp, atMost count: Int = 100) async throws(LedgerError) -> [StoredRequest] {
        try await read { reader throws(LedgerError) in try reader.dueWebhooks(before: instant, atMost: count) }
    }

    /// Notes what became of an attempt. Until this is durable the webhook stays due: the receiver
    /// may hear of one end twice, never of none.
    ///
    /// - Returns: false when no attempt was due any more.
    @discardableResult
    package func webhookAttempted(_ requestID: String, _ attempt: WebhookAttempt) async throws(LedgerError) -> Bool {
        try await writer.perform(.owed) { journal throws(LedgerError) in
            try journal.requests.attempted(requestID, attempt)
        }
    }

    /// Deletes requests whose time was up by then, the oldest first. Running ones and those whose webhook is not
    /// through are kept.
    ///
    /// - Parameter count: how many at most, because the writer does nothing else meanwhile. Call it
    ///   again as long as it gives as many.
    /// - Returns: the ids of those that are gone, in no order, for what else is kept of them.
    package func forgetExpired(
        before instant: Timestamp, atMost count: Int = LedgerLimits.requestsPerSweep
    ) async throws(LedgerError) -> [String] {
        try await writer.perform(.refusable) { journal throws(LedgerError) in
            try journal.requests.forgetExpired(before: instant, atMost: count)
        }
    }
}
