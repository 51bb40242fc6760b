import Fal
import Ledger
import Money

/// What became of one of a request's calls.
struct CallOutcome: Sendable {
    enum End: Sendable {
        case delivered(FalOutput)
        /// fal said no, or what it said made no sense. What it cost is known.
        case failed(GatewayError)
        /// Sent, and no answer: fal may have it and bill it. Never sent again.
        case unknown(GatewayError)
        /// fal has it, and nobody waits for it here any more.
        case abandoned(GatewayError)
    }

    let job: JobID
    let call: FalCall
    var end: End
    var receipt: SubmittedJob?
    /// Where the job was when fal was last heard.
    var phase = JobPhase.inQueue(position: nil)
    var cost = Nanodollars.zero
    var basis = CostBasis.free
    var queued: Duration?
    var inProgress: Duration?
    /// How long fal was waited for, from the first submit to the result.
    var waited: Duration = .zero

    var output: FalOutput? {
        if case .delivered(let output) = end { output } else { nil }
    }

    var error: GatewayError? {
        switch end {
        case .delivered: nil
        case .failed(let error), .unknown(let error), .abandoned(let error): error
        }
    }

    /// What the journal does with the job.
    var settlement: JobSettlement {
        switch end {
        case .delivered, .failed: JobSettlement(job, .settled)
        case .unknown: JobSettlement(job, .unknown)
        case .abandoned: JobSettlement(job, .abandoned)
        }
    }
}
