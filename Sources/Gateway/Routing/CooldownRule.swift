/// When a deployment that fails is left alone, and for how long.
package struct CooldownRule: Sendable, Equatable {
    /// `allowed_fails`: failures within a minute that are borne; one more trips. 0 trips at the first.
    package var allowedFails = 3
    /// `cooldown_time`: how long nothing is sent then.
    package var time: Duration = .seconds(5)
    /// `disable_cooldowns`
    package var isOff = false

    /// Failures count together when they fall within a minute, as LiteLLM's documentation has it.
    static let window: Duration = .seconds(60)

    /// The most failures that can be allowed: each is remembered for a minute.
    static let mostAllowedFails = 1_000

    // What fal says of a key is not put right within seconds: somebody has to act. While no other
    // key is left these are tried all the same, so a topped-up account is noticed at once.

    /// A key that fal does not know (401), or that may not use an endpoint (403).
    static let refusedKey: Duration = .seconds(600)
    /// An account without balance, or locked. Shorter, for fal is known to say so by mistake.
    static let exhaustedKey: Duration = .seconds(120)
}
