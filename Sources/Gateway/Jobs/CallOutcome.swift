import Fal
import HTTP
import Ledger
import Money

/// What became of one of a request's calls.
///
/// An object, because it is large, and everything that ends a request reads it.
final class CallOutcome: @unchecked Sendable {
    // @unchecked: changed on the loop of its request alone, and by nobody any more once that has its `RequestEnd`,
    // with which other loops get it.

    indirect enum End: Sendable {
        case delivered(FalOutput)
        /// fal said no, or what it said made no sense. What it cost is known.
        case failed(GatewayError)
        /// Sent, and no answer: fal may have it and bill it. Never sent again.
        case unknown(GatewayError)
        /// fal has it, and nobody waits for it here any more.
        case abandoned(GatewayError)

        /// Of a call that has just begun.
        static let unsent = End.failed(.shuttingDown)
    }

    private(set) var job: JobID
    let call: FalCall
    /// Where it was sent last: a job is only known to fal under the key that submitted it.
    /// `nil` for one that an earlier process sent.
    private(set) var deployment: Deployment?
    /// Where it has been and may go once an attempt has failed; `nil` before that, and when it is over.
    var way: Itinerary?
    var end: End
    /// What fal said when it failed.
    var failure: FalFailure?
    /// The request was tried elsewhere after this.
    var isSuperseded = false
    /// An attempt before this one was sent without an answer: its row is in the journal as `unknown`.
    private(set) var hasLostAttempt = false
    var receipt: SubmittedJob?
    /// The journal could not take it when it came, and does not have it yet.
    var isReceiptOwed = false
    /// It was followed for as long as this process has patience, and is for the next one.
    var isLeft = false
    /// How it was heard that fal has finished the job.
    var completion: Completion?
    /// Where the job was when fal was last heard.
    var phase = JobPhase.inQueue(position: nil)
    var cost = Nanodollars.zero
    var basis = CostBasis.free
    /// How long fal was waited for, from the first submit to the result.
    var waited: Duration = .zero

    var queued: Duration? { completion?.queued }
    var inProgress: Duration? { completion?.inProgress }

    var output: FalOutput? {
        if case .delivered(let output) = end { output } else { nil }
    }

    var images: [FalOutput.Image] {
        if case .delivered(let output) = end { output.images } else { [] }
    }

    /// fal still has it.
    var isAbandoned: Bool {
        if case .abandoned = end { true } else { false }
    }

    var isDelivered: Bool {
        if case .delivered = end { true } else { false }
    }

    var error: GatewayError? {
        switch end {
        case .delivered: nil
        case .failed(let error), .unknown(let error), .abandoned(let error): error
        }
    }

    /// - Parameter end: what there is to say when nothing more becomes of it.
    init(job: JobID, call: FalCall, on deployment: Deployment? = nil, end: End) {
        self.job = job
        self.call = call
        self.deployment = deployment
        self.end = end
    }

    /// Notes that the job is tried elsewhere now, under a row of its own.
    func move(to job: JobID, on deployment: Deployment, after failure: FalFailure) {
        if failure.acceptance != .notAccepted { hasLostAttempt = true }
        self.job = job
        self.deployment = deployment
    }

    /// fal has not taken it.
    var isRefused: Bool {
        guard case .failed = end else { return false }
        return receipt == nil && failure?.acceptance == .notAccepted
    }

    /// What the journal does with the job when the request is settled; `nil` for one that has left it, because
    /// the request went on elsewhere after it was refused.
    var settlement: JobSettlement? {
        if isSuperseded, isRefused { return nil }
        return switch end {
        case .delivered, .failed: JobSettlement(job, .settled)
        case .unknown: JobSettlement(job, .unknown, receipt: submission)
        case .abandoned: JobSettlement(job, .abandoned, receipt: submission)
        }
    }

    /// fal's receipt for the journal, should it not have been written when it came.
    private var submission: Submission? {
        receipt.map { receipt in
            Submission(
                falRequestID: receipt.requestID, statusURL: receipt.locations.status.description,
                responseURL: receipt.locations.response.description, cancelURL: receipt.locations.cancel.description,
                at: .now)
        }
    }
}
