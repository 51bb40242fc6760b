package import Money

/// Names one fal queue request: the n-th of the request it belongs to.
package struct JobID: Sendable, Hashable, CustomStringConvertible {
    package let requestID: String
    /// 0, 1, 2, … in the order the jobs are made.
    package let ordinal: Int

    package init(requestID: String, ordinal: Int) {
        self.requestID = requestID
        self.ordinal = ordinal
    }

    package var description: String { "\(requestID)/\(ordinal)" }
}

/// How far a job has come. What happens to it in which state: `JobState.after(_:)`.
package enum JobState: String, Sendable, CaseIterable {
    /// About to be sent to fal. Found after a crash this means that fal may or may not have it.
    case reserved
    /// fal has it and gave it an id.
    case submitted
    /// Sent, and no answer came: it may cost money. Never sent again by us.
    case unknown
    /// Nobody waits for it any more, but fal has it and may bill it.
    case abandoned
    /// It has left the journal: what it cost is in the spend row of its request.
    case settled
}

/// What must be known to finish a request, and to write its spend row, if the process dies.
package struct RequestRow: Sendable, Equatable {
    package var id: String
    package var startedAt: Timestamp
    package var callType: String
    package var route: String
    package var keyHash: String?
    package var alias: String
    package var imagesAsked: Int
    package var endUser: String?
    package var tags: [String] = []

    package init(
        id: String, startedAt: Timestamp, callType: String, route: String, keyHash: String?,
        alias: String, imagesAsked: Int
    ) {
        self.id = id
        self.startedAt = startedAt
        self.callType = callType
        self.route = route
        self.keyHash = keyHash
        self.alias = alias
        self.imagesAsked = imagesAsked
    }
}

/// One fal queue request in the journal.
package struct JobRow: Sendable, Equatable {
    package var id: JobID
    package var deploymentID: String
    package var endpoint: String
    /// The most it can cost, held against the key's budget until it is settled.
    package var reserved: Nanodollars
    package var state: JobState = .reserved
    /// nil until fal has taken it.
    package var submission: Submission?

    package init(id: JobID, deploymentID: String, endpoint: String, reserved: Nanodollars) {
        self.id = id
        self.deploymentID = deploymentID
        self.endpoint = endpoint
        self.reserved = reserved
    }
}

/// fal's receipt for a job, with which it can be followed, fetched and cancelled.
package struct Submission: Sendable, Equatable {
    package var falRequestID: String
    package var statusURL: String
    package var responseURL: String
    package var cancelURL: String
    package var at: Timestamp

    package init(falRequestID: String, statusURL: String, responseURL: String, cancelURL: String, at: Timestamp) {
        self.falRequestID = falRequestID
        self.statusURL = statusURL
        self.responseURL = responseURL
        self.cancelURL = cancelURL
        self.at = at
    }
}

/// What becomes of a job when its request is settled.
package struct JobSettlement: Sendable, Equatable {
    /// The three ends in short.
    package enum End: Sendable {
        /// Its cost, be it 0, is in the spend row. The job leaves the journal.
        case settled
        /// It stays with its reservation: nobody knows whether fal has it.
        case unknown
        /// It stays with its reservation until fal has finished it.
        case abandoned
    }

    package var job: JobID
    package var event: JobEvent
    /// For a job that stays: the receipt, in case it could not be written when it came. Where the
    /// journal has one already this one is not needed and not looked at.
    package var receipt: Submission?

    package init(_ job: JobID, _ event: JobEvent, receipt: Submission? = nil) {
        self.job = job
        self.event = event
        self.receipt = receipt
    }

    package init(_ job: JobID, _ end: End, receipt: Submission? = nil) {
        let event: JobEvent =
            switch end {
            case .settled: .ended
            case .unknown: .answerLost
            case .abandoned: .givenUp
            }
        self.init(job, event, receipt: receipt)
    }
}

/// A request with unsettled jobs, as recovery finds it.
package struct OpenRequest: Sendable, Equatable {
    package var request: RequestRow
    /// Those that are not settled, by ordinal.
    package var jobs: [JobRow]
    /// True when the client had its answer (a failure, or part of the images) and the spend row
    /// exists: what these jobs cost is then added to it with `settleLate`. Otherwise the request
    /// ends with `settle`.
    package var isRecorded: Bool
    /// What is kept for its owner; nil when it was opened without.
    package var stored: StoredRequest?

    package init(request: RequestRow, jobs: [JobRow], isRecorded: Bool, stored: StoredRequest? = nil) {
        self.request = request
        self.jobs = jobs
        self.isRecorded = isRecorded
        self.stored = stored
    }
}

/// What a job that outlived its request turned out to cost.
package struct LateEnd: Sendable, Equatable {
    package var cost: Nanodollars
    package var basis: CostBasis
    /// Images that it delivered.
    package var images: Int
    /// fal's id of the job, for a row that was written before it was known.
    package var falRequestID: String?

    package init(cost: Nanodollars, basis: CostBasis, images: Int, falRequestID: String? = nil) {
        self.cost = cost
        self.basis = basis
        self.images = images
        self.falRequestID = falRequestID
    }
}
