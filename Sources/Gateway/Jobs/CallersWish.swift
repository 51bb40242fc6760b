import Ledger

/// What was asked, and by whom: all that a repetition without an `Idempotency-Key` is known by.
struct CallersWish: Sendable, Hashable {
    /// The caller's; `nil` where callers need no key.
    let keyHash: String?
    let fingerprint: [UInt8]
}

extension ImageOrder {
    func wish(of caller: Caller) -> CallersWish {
        CallersWish(keyHash: caller.keyHash?.description, fingerprint: fingerprint)
    }
}

extension StoredRequest {
    var wish: CallersWish { CallersWish(keyHash: keyHash, fingerprint: fingerprint) }
}
