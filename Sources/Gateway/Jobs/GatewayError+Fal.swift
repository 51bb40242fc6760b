import Fal
import JSON
import OpenAI

extension GatewayError {
    /// What a caller is told of a failure at fal. fal's refusal of *our* key or account is never
    /// shown as if it were about the caller's.
    init(_ failure: FalFailure) {
        // However the answer to a submit was lost, what matters is that the job may run.
        var kind = failure.acceptance == .unknown ? .submitUnknown : ErrorKind(failure.kind)
        // What was never sent is not going to finish.
        if failure.isTooLate { kind = .falUnreachable }
        // Nobody is told to try again who may pay twice for it.
        if kind.shouldRetry, failure.mayHaveCost { kind = .falFailed }
        let message: String
        var code: String?
        var param: String?
        var retryAfter: Int?
        switch kind {
        case .falRejected, .contentPolicy, .falFailed:
            message = "fal: \(failure.message)"
            // Without a word of fal's own the type is that of our enumeration.
            let isNamed = kind != .contentPolicy && failure.type != failure.kind.rawValue
            code = isNamed ? failure.type : nil
            param = failure.parameter
        case .modelNotFound:
            message = "fal does not know the endpoint behind this model."
            param = "model"
        case .falKeyRefused:
            message = "fal did not accept the gateway's fal key for this model. Your own key is fine; tell the operator."
        case .falBalance:
            message = "The gateway's account at fal is locked or out of balance. Your own key is fine; tell the operator."
        case .falBusy:
            message = "fal takes no more jobs of the gateway's account right now."
            retryAfter = 5
        case .falUnavailable:
            message = "fal had no capacity for the job: \(failure.message)"
            retryAfter = 5
        case .falUnreachable:
            message = failure.isTooLate
                ? "The job's time was over before it could be sent to fal." : "No connection to fal could be made."
            retryAfter = 2
        case .falTimeout: message = "fal gave the job up: \(failure.message)"
        case .noImages: message = "fal finished the job without an image: \(failure.message)"
        case .submitUnknown:
            message = "The job was sent to fal, but the answer was lost. It may be running and may be billed; it was not sent again."
        case .timeout: message = "The job did not finish in time."
        case .clientGone: message = GatewayError.hungUp.message
        default: message = "fal's answer could not be understood."
        }
        self.init(
            kind, message, param: param, code: code, detail: failure.description, retryAfter: retryAfter)
    }

    /// A request that cannot be served by the chosen endpoint.
    init(_ refusal: PlanRefusal) {
        switch refusal {
        case .format(let asked, let possible):
            self.init(
                .invalidRequest,
                "The model cannot write \(asked.debugDescription); `output_format` may be \(possible.joined(separator: ", ")).",
                param: "output_format", code: "invalid_value")
        case .size(let asked, let possible):
            self.init(
                .invalidRequest, "The model cannot make \(asked); it makes \(possible).", param: "size",
                code: "invalid_value")
        case .tooManyCalls(let most):
            self.init(
                .invalidRequest, "The request would become more than \(most) jobs at fal.", param: "n",
                code: "integer_above_max_value")
        case .imagesNotTaken:
            self.init(
                .invalidRequest, "The model makes images from a prompt alone; it takes none to work on.", param: "image",
                code: "invalid_value")
        case .tooManyImages(let given, let most):
            self.init(
                .invalidRequest,
                "The model works on \(most == 1 ? "one image" : "at most \(most) images"); \(given) were sent.",
                param: "image", code: "invalid_value")
        case .imageMissing:
            self.init(
                .invalidRequest,
                "The model works on an image, and none was sent: send one to /v1/images/edits, or its address as `image_url`.",
                param: "image", code: "missing_required_parameter")
        case .maskNotTaken:
            self.init(
                .invalidRequest, "The model takes no mask; say in the prompt what is to change.", param: "mask",
                code: "invalid_value")
        case .promptMissing:
            self.init(
                .invalidRequest, "The model needs a prompt: send the image with one to /v1/images/edits.", param: "prompt",
                code: "missing_required_parameter")
        case .maskMissing:
            self.init(
                .invalidRequest, "The model changes what a mask shows it: send a `mask`.", param: "mask",
                code: "missing_required_parameter")
        }
    }

    init(_ problem: RequestProblem) {
        self.init(.invalidRequest, problem.message, param: problem.param, code: problem.code.rawValue)
    }

    init(_ error: JSONError) {
        self.init(.invalidJSON, "The body is not valid JSON: \(error).")
    }
}

extension ErrorKind {
    /// The translation of fal's failures, in one place.
    init(_ kind: FailureKind) {
        self =
            switch kind {
            case .invalidParameter, .unusableInput, .badRequest: .falRejected
            case .refusedContent: .contentPolicy
            case .nothingGenerated: .noImages
            case .endpointNotFound: .modelNotFound
            case .keyRefused, .accessDenied: .falKeyRefused
            case .balanceExhausted: .falBalance
            case .rateLimited: .falBusy
            case .modelFailed, .cancelled, .jobNotFound, .connectionLost: .falFailed
            case .unavailable: .falUnavailable
            case .timedOut: .falTimeout
            case .unintelligible: .falNonsense
            case .unreachable: .falUnreachable
            case .submitOutcomeUnknown: .submitUnknown
            case .deadlineExceeded: .timeout
            case .interrupted: .clientGone
            }
    }
}
