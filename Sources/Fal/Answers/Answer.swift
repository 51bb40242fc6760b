package import Money

/// The facts of an HTTP answer that decide what it means, whichever way it came.
package struct Answer: Sendable {
    package var status: Int
    package var body: [UInt8]
    /// `x-fal-request-id`: its absence on a 5xx means that fal's front door answered, not the model.
    package var requestID: String?
    /// `X-Fal-Error-Type`
    package var errorType: String?
    /// `X-Fal-Billable-Units`; `nil` when absent or no number.
    package var billableUnits: DecimalQuantity?
    /// `X-Fal-Request-Timeout-Type: user`: the caller's own start deadline passed.
    package var isUserTimeout = false
    /// `X-Fal-Needs-Retry`, or its older name; `nil` when absent.
    package var needsRetry: Bool?

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

extension FalFailure {
    /// Where a job was when the answer came: the same status means different things.
    package enum Stage: Sendable, Hashable {
        case submit
        case status
        case result
    }

    /// What an answer means that is no success.
    package init(_ answer: Answer, at stage: Stage, requestID: String? = nil) {
        let body = ErrorBody(answer.body)
        let type = body.type ?? answer.errorType.map(ErrorBody.word)
        let known = type.flatMap { ErrorVocabulary.entry(for: $0) }
        let kind = known?.kind ?? Self.kind(of: answer.status, body: body, at: stage)
        let acceptance = Self.acceptance(of: answer, kind: kind, at: stage)
        self.init(
            kind, type: type, message: body.message ?? Self.message(for: kind, status: answer.status, body: body),
            parameter: body.parameter, status: answer.status, requestID: requestID ?? answer.requestID,
            acceptance: acceptance,
            resubmission: Self.resubmission(answer, kind: kind, acceptance: acceptance, known: known?.resubmission),
            billableUnits: answer.billableUnits, detail: body.rest)
    }

    /// What a status means where fal's word is missing or unknown.
    private static func kind(of status: Int, body: ErrorBody, at stage: Stage) -> FailureKind {
        switch status {
        case 401: .keyRefused
        case 402: .balanceExhausted
        case 403: forbiddenKind(body.message ?? "")
        case 404: notFoundKind(body, at: stage)
        case 408, 504: .timedOut
        case 422: .invalidParameter
        case 429: .rateLimited
        case 499: .cancelled
        case 400..<500: .badRequest
        case 503: .unavailable
        case 500..<600: .modelFailed
        default: .unintelligible
        }
    }

    private static func forbiddenKind(_ message: String) -> FailureKind {
        // Whole words: a model may be "blocked" somewhere.
        let words = message.lowercased().split { !$0.isLetter }
        return words.contains("balance") || words.contains("locked") ? .balanceExhausted : .accessDenied
    }

    /// `Application "x" not found` and `Path /x not found` are about the endpoint wherever they come;
    /// otherwise only a submit can miss an endpoint.
    private static func notFoundKind(_ body: ErrorBody, at stage: Stage) -> FailureKind {
        let text = (body.message ?? "").lowercased()
        let namesEndpoint = text.hasPrefix("application ") || text.hasPrefix("path ")
        return namesEndpoint || (stage == .submit && body.queueStatus == nil) ? .endpointNotFound : .jobNotFound
    }

    /// A refusal is no acceptance. A 5xx to a submit tells nothing, but 503: fal's front door says so
    /// before it takes a job, and never afterwards.
    private static func acceptance(of answer: Answer, kind: FailureKind, at stage: Stage) -> Acceptance {
        guard stage == .submit else { return .accepted }
        switch answer.status {
        case 300..<500, 503: return .notAccepted
        default: return .unknown
        }
    }

    private static func resubmission(
        _ answer: Answer, kind: FailureKind, acceptance: Acceptance, known: Resubmission?
    ) -> Resubmission {
        switch acceptance {
        case .unknown: return .never
        case .notAccepted:
            // Refused for want of room or time: the same job may be taken later.
            return [408, 429, 503].contains(answer.status) ? .safe : .never
        case .accepted:
            if answer.isUserTimeout || answer.needsRetry == false { return .never }
            if let units = answer.billableUnits, !units.isZero { return .never }
            // A word that comes with a 4xx may be billed, whatever it is.
            if let known, answer.status >= 500 || known == .safe || answer.billableUnits != nil {
                return known == .safe ? .once : known
            }
            return (500..<600).contains(answer.status) || answer.status == 429 ? .once : .never
        }
    }

    private static func message(for kind: FailureKind, status: Int, body: ErrorBody) -> String {
        switch kind {
        case .jobNotFound: "fal does not know the job, or no longer"
        case .endpointNotFound: "fal does not know this model"
        case .keyRefused: "fal refused the key"
        case .accessDenied: "fal denied access to this model"
        case .rateLimited: "too many requests to fal at once"
        case _ where !body.isJSON: "fal answered with status \(status) and no JSON"
        default: "fal answered with status \(status)"
        }
    }
}
