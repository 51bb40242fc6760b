package import Money

/// Why a job has no result, with everything a gateway has to know of it.
///
/// Texts never contain the key: see `redacting(_:)`.
@dynamicMemberLookup
package struct FalFailure: Error, Sendable, Equatable {
    /// What is known of it; read and written as if it were the failure's own.
    package struct Facts: Sendable, Equatable {
        package var kind: FailureKind
        /// fal's own word for it (`content_policy_violation`, `runner_disconnected`), else the kind's.
        package var type: String
        /// fal's text where it has one, fit to be shown to the caller. One line, bounded.
        package var message: String
        /// The parameter it is about: `image_size.width`.
        package var parameter: String?
        /// fal's HTTP status; `nil` when there was no answer.
        package var status: Int?
        package var requestID: String?
        package var acceptance: Acceptance
        package var resubmission: Resubmission
        /// fal's count of what is billed, where it sent one: a failed job can cost money.
        package var billableUnits: DecimalQuantity?
        /// Further errors of the same answer, and what else only the log needs.
        package var detail: String
    }

    /// Out of line: every call that may throw it has room for it, also while it waits.
    private indirect enum Storage: Sendable, Equatable {
        case facts(Facts)
    }

    private var storage: Storage

    package subscript<Value>(dynamicMember fact: WritableKeyPath<Facts, Value>) -> Value {
        get {
            switch storage {
            case .facts(let facts): return facts[keyPath: fact]
            }
        }
        set {
            switch storage {
            case .facts(var facts):
                facts[keyPath: fact] = newValue
                storage = .facts(facts)
            }
        }
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
    /// tell (401, 403, 404, 429) says nothing of a job that was taken before. Nor does the word decide where
    /// fal has sent it with a 4xx, as it does `downstream_service_error`; a model's word without a status of its own
    /// may be such a one.
    package var mayHaveCost: Bool {
        if self.acceptance == .notAccepted { return false }
        if let billableUnits = self.billableUnits { return !billableUnits.isZero }
        // Sent, and no answer that tells: it may be running.
        if self.acceptance == .unknown { return true }
        switch self.kind {
        case .invalidParameter: return false
        case .modelFailed, .unavailable, .timedOut:
            guard isNamedByFal else { return true }
            return self.status.map { $0 < 500 } ?? !ErrorVocabulary.isOfRunner(self.type)
        case .unusableInput, .badRequest, .endpointNotFound, .keyRefused, .accessDenied, .balanceExhausted,
            .rateLimited, .unreachable, .refusedContent, .nothingGenerated, .cancelled, .jobNotFound,
            .unintelligible, .submitOutcomeUnknown, .connectionLost, .deadlineExceeded, .interrupted:
            return true
        }
    }

    /// Whether fal said itself what went wrong.
    private var isNamedByFal: Bool { self.type != self.kind.rawValue }
}

extension FalFailure: CustomStringConvertible {
    /// For the log.
    package var description: String {
        var text = "\(self.kind.rawValue) (\(self.type)): \(self.message)"
        if let status = self.status { text += ", status \(status)" }
        if let parameter = self.parameter { text += ", parameter \(parameter)" }
        if let requestID = self.requestID { text += ", fal request \(requestID)" }
        return self.detail.isEmpty ? text : "\(text); \(self.detail)"
    }
}

extension FalFailure {
    /// The same failure with every occurrence of a secret made unreadable. fal's answers are shown to
    /// callers and logged; should fal ever quote the key, it ends here.
    package func redacting(_ key: FalKey) -> FalFailure {
        var result = self
        result.type = key.redacted(self.type)
        result.message = key.redacted(self.message)
        result.parameter = self.parameter.map(key.redacted)
        result.detail = key.redacted(self.detail)
        return result
    }
}
