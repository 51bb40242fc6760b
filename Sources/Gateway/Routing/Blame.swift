import Fal

/// On whom a failure is counted.
enum Blame: Sendable, Hashable {
    /// What the caller sent or did. Never trips anything.
    case caller
    /// Our own wish, or a configuration that nothing but an operator changes.
    case nobody
    /// fal, or the way there: counts towards `allowed_fails`.
    case deployment
    /// The key, wherever it is used.
    case key(KeyHealth.Trouble)
    /// The key at this entry.
    case access(KeyHealth.Trouble)

    init(_ failure: FalFailure) {
        self = failure.isTooLate ? .nobody : Blame(failure.kind)
    }

    init(_ kind: FailureKind) {
        self =
            switch kind {
            case .invalidParameter, .unusableInput, .refusedContent, .nothingGenerated, .badRequest: .caller
            case .interrupted: .caller
            case .endpointNotFound, .cancelled: .nobody
            case .keyRefused: .key(.refused)
            case .balanceExhausted: .key(.exhausted)
            case .accessDenied: .access(.denied)
            case .rateLimited: .access(.busy)
            case .modelFailed, .unavailable, .timedOut, .jobNotFound, .unintelligible, .unreachable,
                .submitOutcomeUnknown, .connectionLost, .deadlineExceeded:
                .deployment
            }
    }
}

extension KeyHealth.Trouble {
    /// How long a key with this trouble is left alone.
    func duration(_ rule: CooldownRule) -> Duration {
        switch self {
        case .refused, .denied: CooldownRule.refusedKey
        case .exhausted: CooldownRule.exhaustedKey
        case .busy: rule.time
        }
    }
}
