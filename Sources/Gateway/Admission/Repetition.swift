import HTTP
import Ledger

/// What tells that a request was made before: the caller's own key for it, or an SDK that says that
/// it tries again.
struct Repetition: Sendable {
    /// The longest `Idempotency-Key`, in characters, as the drafts and Stripe have it.
    static let longestKey = 255
    /// How far back an SDK's first try may lie: its longest usual patience (600 s), and the minute
    /// in which an undelivered answer is kept for it.
    static let reach: Duration = .seconds(660)

    let idempotencyKey: String?
    /// An SDK repeats the request by itself, and nothing but what it asks for says which. False once it is known that
    /// the first was refused.
    var isRetry: Bool
    /// Where the request's end is told, should it be the first.
    let webhook: Webhook?

    /// - Parameter joinsRetries: `general_settings.join_retries`.
    /// - Throws: `.invalidRequest` for a key that is empty or too long.
    init(_ head: RequestHead, joinsRetries: Bool, webhook: Webhook?) throws(GatewayError) {
        idempotencyKey = head.fields.first("idempotency-key")
        if let key = idempotencyKey, key.isEmpty || key.unicodeScalars.count > Repetition.longestKey {
            throw GatewayError(
                .invalidRequest, "An `Idempotency-Key` has 1 to \(Repetition.longestKey) characters.",
                param: "Idempotency-Key")
        }
        self.webhook = webhook
        let count = head.fields.first("x-stainless-retry-count").flatMap { Int($0) } ?? 0
        // The caller's own key says better what is the same.
        isRetry = joinsRetries && count > 0 && idempotencyKey == nil
    }

    /// Whether an earlier request can be meant at all.
    var isPossible: Bool { idempotencyKey != nil || isRetry }

    /// What is stored of a request, and which earlier ones it joins.
    func draft(_ order: ImageOrder) -> StoredRequest.Draft {
        StoredRequest.Draft(
            fingerprint: order.fingerprint, idempotencyKey: idempotencyKey, rendering: StoredRendering(order).bytes,
            webhook: webhook, joinsSince: isRetry ? Repetition.earliest : nil)
    }

    /// When the first try of a repetition that comes now was made at the earliest.
    static var earliest: Timestamp { Timestamp.now.advanced(by: .zero - reach) }
}
