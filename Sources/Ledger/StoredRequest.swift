/// A request as it is kept for its owner: while it runs so that a repetition can join it, and
/// after its end so that its answer can be fetched or repeated.
package struct StoredRequest: Sendable, Equatable {
    /// What the gateway hands over when it opens a request. Id, caller and time are the `RequestRow`'s.
    package struct Draft: Sendable, Equatable {
        /// SHA-256 of what was asked: 32 bytes. The database refuses any other length.
        package var fingerprint: [UInt8]
        /// The caller's `Idempotency-Key`: at most 255 Unicode scalars.
        package var idempotencyKey: String?
        /// What the gateway needs to make an answer of this request in another process. Never read here.
        package var rendering: [UInt8]
        package var webhook: Webhook?
        /// Also join a request of the same caller with the same fingerprint that was opened at or
        /// after this instant: for a repetition that a client's library made by itself.
        package var joinsSince: Timestamp?

        package init(
            fingerprint: [UInt8], idempotencyKey: String? = nil, rendering: [UInt8] = [], webhook: Webhook? = nil,
            joinsSince: Timestamp? = nil
        ) {
            self.fingerprint = fingerprint
            self.idempotencyKey = idempotencyKey
            self.rendering = rendering
            self.webhook = webhook
            self.joinsSince = joinsSince
        }
    }

    /// How it ended, and until when that is kept.
    package struct End: Sendable, Equatable {
        package var answer: StoredAnswer
        package var at: Timestamp
        package var expiresAt: Timestamp

        package init(answer: StoredAnswer, at: Timestamp, expiresAt: Timestamp) {
            self.answer = answer
            self.at = at
            self.expiresAt = expiresAt
        }
    }

    package var id: String
    /// The caller's; nil where callers need no key.
    package var keyHash: String?
    package var fingerprint: [UInt8]
    package var idempotencyKey: String?
    package var rendering: [UInt8]
    package var createdAt: Timestamp
    package var webhook: Webhook?
    /// nil while it runs.
    package var end: End?

    package init(_ request: RequestRow, _ draft: Draft) {
        id = request.id
        keyHash = request.keyHash
        fingerprint = draft.fingerprint
        idempotencyKey = draft.idempotencyKey
        rendering = draft.rendering
        createdAt = request.startedAt
        webhook = draft.webhook
    }

    package var isRunning: Bool { end == nil }
}

/// The answer to a request, without the bytes of its images.
package struct StoredAnswer: Sendable, Equatable {
    package enum Outcome: String, Sendable, CaseIterable {
        case finished, failed, cancelled
    }

    /// The longest body that is kept. Answers that name their images have a few hundred bytes an
    /// image; one this long holds pictures, and those do not belong into the database.
    package static let maximumBytes = 256 * 1024

    package var outcome: Outcome
    package var httpStatus: Int
    /// Never read here. nil when it was longer than `maximumBytes`.
    package var body: [UInt8]?

    package init(_ outcome: Outcome, httpStatus: Int, body: [UInt8]?) {
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.body = body.flatMap { $0.count <= StoredAnswer.maximumBytes ? $0 : nil }
    }
}

/// What settling does to the stored request.
///
/// Both do nothing to a request that was opened without being stored.
package enum StoredEnd: Sendable, Equatable {
    /// It cost nothing and its failure is nobody's answer: a repetition runs afresh. Nothing
    /// happens while the journal holds a job of it, for that may cost something yet.
    case forgotten
    /// The answer is there for its owner until `until`, and its webhook is due at once. An answer that is
    /// kept already is replaced unless it was `finished`: late images are better than a failure.
    case kept(StoredAnswer, until: Timestamp)
    /// The same of a failure that cost nothing: there for who fetches it by its id, while the idempotency key is free
    /// again, so that a repetition runs afresh. It is not while the journal holds a job, for that may cost something yet.
    case told(StoredAnswer, until: Timestamp)
    /// Images that came late are in the answer now, behind those that were. Nothing else of it changes, and its
    /// webhook is not called again. Does nothing unless the answer is `finished`, or when the new one is too long.
    case extended(StoredAnswer)
}

/// What became of opening a request.
package enum OpenOutcome: Sendable, Equatable {
    case opened
    /// Nothing was written: the same caller asked before, with the same idempotency key (compare
    /// the fingerprints: another body is an error of the caller) or the same fingerprint.
    case joined(StoredRequest)
}
