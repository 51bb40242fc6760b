package import Money

/// Why a job has no result, with everything a gateway has to know of it.
///
/// Texts never contain the key: see `redacting(_:)`.
package struct FalFailure: Error, Sendable, Equatable {
    package var kind: FailureKind {
        get { facts.kind }
        set { facts.kind = newValue }
    }
    /// fal's own word for it (`content_policy_violation`, `runner_disconnected`), else the kind's.
    package var type: String {
        get { facts.type }
        set { facts.type = newValue }
    }
    /// fal's text where it has one, fit to be shown to the caller. One line, bounded.
    package var message: String {
        get { facts.message }
        set { facts.message = newValue }
    }
    /// The parameter it is about: `image_size.width`.
    package var parameter: String? {
        get { facts.parameter }
        set { facts.parameter = newValue }
    }
    /// fal's HTTP status; `nil` when there was no answer.
    package var status: Int? {
        get { facts.status }
        set { facts.status = newValue }
    }
    package var requestID: String? {
        get { facts.requestID }
        set { facts.requestID = newValue }
    }
    package var acceptance: Acceptance {
        get { facts.acceptance }
        set { facts.acceptance = newValue }
    }
    package var resubmission: Resubmission {
        get { facts.resubmission }
        set { facts.resubmission = newValue }
    }
    /// fal's count of what is billed, where it sent one: a failed job can cost money.
    package var billableUnits: DecimalQuantity? {
        get { facts.billableUnits }
        set { facts.billableUnits = newValue }
    }
    /// Further errors of the same answer, and what else only the log needs.
    package var detail: String {
        get { facts.detail }
        set { facts.detail = newValue }
    }

    private struct Facts: Sendable, Equatable {
        var kind: FailureKind
        var type: String
        var message: String
        var parameter: String?
        var status: Int?
        var requestID: String?
        var acceptance: Acceptance
        var resubmission: Resubmission
        var billableUnits: DecimalQuantity?
        var detail: String
    }

    /// Out of line: every call that may throw it has room for it, also while it waits.
    private indirect enum Storage: Sendable, Equatable {
        case facts(Facts)
    }

    private var storage: Storage

    private var facts: Facts {
        get {
            switch storage {
            case .facts(let facts): return facts
            }
        }
        set { storage = .facts(newValue) }
    }

    package init(
        _ kind: FailureKind,
        type: String? = nil,
        message: String,
        parameter: String? = nil,
        status: Int? = nil,
        requestID: String? = nil,
        acceptance: Acceptance,
        resubmission: Resubmission = .never,
        billableUnits: DecimalQuantity? = nil,
        detail: String = ""
    ) {
        storage = .facts(
            Facts(
                kind: kind, type: type ?? kind.rawValue, message: message, parameter: parameter, status: status,
                requestID: requestID, acceptance: acceptance, resubmission: resubmission,
                billableUnits: billableUnits, detail: detail))
    }

    /// Whether the job may have cost money.
    ///
    /// fal never bills a job that ended with 5xx, nor validation; a model that worked and then refused (4xx)
    /// may be billed. Only fal's own word for the failure proves that the job ended so: a 5xx without
    /// one may come from fal's front door while the finished image lies behind it, and a refusal to
    /// tell (401, 403, 404, 429) says nothing of a job that was taken before.
    package var mayHaveCost: Bool {
        if acceptance == .notAccepted { return false }
        if let billableUnits { return !billableUnits.isZero }
        // Sent, and no answer that tells: it may be running.
        if acceptance == .unknown { return true }
        switch kind {
        case .invalidParameter: return false
        case .modelFailed, .unavailable, .timedOut: return !isNamedByFal
        case .unusableInput, .badRequest, .endpointNotFound, .keyRefused, .accessDenied, .balanceExhausted,
            .rateLimited, .unreachable, .refusedContent, .nothingGenerated, .cancelled, .jobNotFound,
            .unintelligible, .submitOutcomeUnknown, .connectionLost, .deadlineExceeded, .interrupted:
            return true
        }
    }

    /// Whether fal said itself what went wrong.
    private var isNamedByFal: Bool { type != kind.rawValue }
}

extension FalFailure: CustomStringConvertible {
    /// For the log.
    package var description: String {
        var text = "\(kind.rawValue) (\(type)): \(message)"
        if let status { text += ", status \(status)" }
        if let parameter { text += ", parameter \(parameter)" }
        if let requestID { text += ", fal request \(requestID)" }
        return detail.isEmpty ? text : "\(text); \(detail)"
    }
}

extension FalFailure {
    /// The same failure with every occurrence of a secret made unreadable. fal's answers are shown to
    /// callers and logged; should fal ever quote the key, it ends here.
    package func redacting(_ key: FalKey) -> FalFailure {
        var result = self
        result.type = key.redacted(type)
        result.message = key.redacted(message)
        result.parameter = parameter.map(key.redacted)
        result.detail = key.redacted(detail)
        return result
    }
}
