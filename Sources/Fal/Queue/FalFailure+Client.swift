import HTTP
import Reactor

/// What the failures of the way to fal mean for a job.
extension FalFailure {
    /// Of a submit. Once a byte has left nobody knows, whatever ended the wait: neither a deadline nor
    /// our own cancellation makes the job go away.
    init(submitting error: ClientError, until deadline: Deadline) {
        guard !error.serverMayHaveActed else {
            self.init(
                .submitOutcomeUnknown, message: "no answer from fal to a job that was sent",
                status: error.status, acceptance: .unknown, detail: error.description)
            return
        }
        let kind: FailureKind = error.isCancellation ? .interrupted : .unreachable
        self.init(
            kind, message: Self.message(for: kind), acceptance: .notAccepted,
            resubmission: kind == .interrupted ? .never : .safe, detail: error.description)
    }

    /// Of a question about a job, which fal keeps meanwhile. Without a job, of the probe.
    init(asking error: ClientError, about job: SubmittedJob?, until deadline: Deadline) {
        let kind: FailureKind =
            if error.isCancellation { .interrupted } else if Deadline.now >= deadline { .deadlineExceeded }
            else if case .bodyTooLarge = error.cause { .unintelligible }
            else if job == nil { .unreachable } else { .connectionLost }
        self.init(
            kind, message: Self.message(for: kind), status: error.status, requestID: job?.requestID,
            acceptance: job == nil ? .notAccepted : .accepted, detail: error.description)
    }

    /// A look that has told nothing of the job, and may be repeated: it broke off, or its answer was longer than any.
    var isAboutTheLook: Bool { self.kind == .connectionLost || self.kind == .unintelligible }

    /// The caller was gone before anything had left.
    static var notSent: FalFailure {
        FalFailure(.interrupted, message: message(for: .interrupted), acceptance: .notAccepted, resubmission: .never)
    }

    /// The deadline had passed before anything had left: fal was not asked, and has not failed.
    static var tooLate: FalFailure {
        FalFailure(.deadlineExceeded, message: message(for: .deadlineExceeded), acceptance: .notAccepted, resubmission: .safe)
    }

    /// Our own deadline was over before anything was sent.
    package var isTooLate: Bool { self.kind == .deadlineExceeded && self.acceptance == .notAccepted }

    static func interrupted(_ job: SubmittedJob) -> FalFailure {
        FalFailure(
            .interrupted, message: message(for: .interrupted), requestID: job.requestID, acceptance: .accepted)
    }

    static func deadlineExceeded(_ job: SubmittedJob, detail: String) -> FalFailure {
        FalFailure(
            .deadlineExceeded, message: message(for: .deadlineExceeded), requestID: job.requestID,
            acceptance: .accepted, detail: detail)
    }

    private static func message(for kind: FailureKind) -> String {
        switch kind {
        case .interrupted: "the request was given up"
        case .deadlineExceeded: "the job did not finish in time"
        case .unreachable: "fal cannot be reached"
        case .unintelligible: "fal's answer is too large"
        default: "the connection to fal was lost"
        }
    }
}
