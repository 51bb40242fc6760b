/// Where the end of a stored request is told, and how far that has come.
package struct Webhook: Sendable, Equatable {
    package var url: String
    /// Names the secret it is signed with; the secret itself is never stored.
    package var secretID: String?
    /// Attempts made, the successful one included.
    package var attempts = 0
    /// When the next attempt is due; nil before the request's end, and once it was delivered or given up.
    package var nextAttemptAt: Timestamp?
    package var deliveredAt: Timestamp?

    package init(url: String, secretID: String? = nil) {
        self.url = url
        self.secretID = secretID
    }
}

/// What became of one attempt to deliver a webhook.
package enum WebhookAttempt: Sendable, Equatable {
    case delivered(at: Timestamp)
    /// It failed and is tried again.
    case failed(nextAt: Timestamp)
    /// It failed for the last time.
    case givenUp
}
