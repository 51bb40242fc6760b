/// Who sent a request, as far as the gateway knows.
package struct Caller: Sendable, Hashable {
    /// The SHA-256 of the caller's key; `nil` where no key is asked for.
    package let keyHash: KeyHash?

    /// What the spend log says of the key: its hash, or `-` without one.
    package var logName: String { keyHash?.description ?? "-" }
}
