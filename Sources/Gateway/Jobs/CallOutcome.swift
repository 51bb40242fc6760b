import Fal
import HTTP
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

    private(set) var job: JobID
    let call: FalCall
    /// Where it was sent last: a job is only known to fal under the key that submitted it.
    /// `nil` for one that an earlier process sent.
    private(set) var deployment: Deployment?
    /// Where else it may go; `nil` when it is over.
    var way: Itinerary?
    var end: End
    /// What fal said when it failed.
    var failure: FalFailure?
    /// The request was tried elsewhere after this.
    var isSuperseded = false
    /// Rows of attempts that fal did not take.
    private var refused: [JobID] = []
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

    init(job: JobID, call: FalCall, on deployment: Deployment? = nil, way: Itinerary? = nil, end: End) {
        self.job = job
        self.call = call
        self.deployment = deployment
        self.way = way
        self.end = end
    }

    /// Notes that the job is tried elsewhere now, under a row of its own.
    mutating func move(to job: JobID, on deployment: Deployment) {
        refused.append(self.job)
        self.job = job
        self.deployment = deployment
    }

    /// What the journal does with the job, and with the attempts before it, which cost nothing.
    var settlements: [JobSettlement] {
        let last =
            switch end {
            case .delivered, .failed: JobSettlement(job, .settled)
            case .unknown: JobSettlement(job, .unknown, receipt: submission)
            case .abandoned: JobSettlement(job, .abandoned, receipt: submission)
            }
        return refused.map { JobSettlement($0, .settled) } + [last]
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
