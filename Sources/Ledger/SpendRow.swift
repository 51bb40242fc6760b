package import Money

/// What one request was, what became of it, and what it cost. Written once the request has
/// ended and before the client gets its answer, for successes and failures alike.
///
/// The prompt is not part of it, and nothing else that the client wrote but `endUser` and `tags`.
package struct SpendRow: Sendable, Equatable {
    /// Unique; ids sort by the time they were made.
    package var requestID: String
    /// The same wherever a row of this request is written: with the id it is the row's key.
    package var startedAt: Timestamp
    /// What kind of call it was, in LiteLLM's words: `aimage_generation`.
    package var callType: String
    /// The path as it was called.
    package var route: String
    /// Of the key that called; nil when there was none or it was not known.
    package var keyHash: String?
    /// The model as the client named it (LiteLLM's model_group); nil when it named none.
    package var alias: String?
    /// fal's endpoint, such as `fal-ai/flux/dev`; nil when the request did not get that far.
    package var endpoint: String?
    package var deploymentID: String?
    /// fal's ids of the queue requests made for it, in the order they were made.
    package var falRequestIDs: [String] = []
    /// Images asked for; nil when the request did not say so legibly.
    package var imagesAsked: Int?
    /// Images delivered.
    package var images: Int = 0
    /// Width and height of each image delivered, `1024x768`.
    package var sizes: [String] = []
    package var cost: Nanodollars = .zero
    package var basis: CostBasis = .free
    package var status: Status
    /// The status code of the answer.
    package var httpStatus: Int
    /// From the gateway's closed set of error codes; nil on success.
    package var errorCode: String?
    package var durations: Durations
    /// Who the client says it is acting for.
    package var endUser: String?
    package var tags: [String] = []

    package enum Status: String, Sendable {
        case success, failure
    }

    /// Measured on a monotonic clock, stored in whole microseconds.
    package struct Durations: Sendable, Equatable {
        /// From the first byte of the request to the answer's readiness.
        package var total: Duration
        /// What fal's queue held the job; nil when no job was made, or fal did not say.
        package var queued: Duration?
        package var inProgress: Duration?
        /// What we added: total less the waiting for fal.
        package var overhead: Duration?

        package init(
            total: Duration, queued: Duration? = nil, inProgress: Duration? = nil, overhead: Duration? = nil
        ) {
            self.total = total
            self.queued = queued
            self.inProgress = inProgress
            self.overhead = overhead
        }
    }

    package init(
        requestID: String, startedAt: Timestamp, callType: String, route: String,
        status: Status, httpStatus: Int, durations: Durations
    ) {
        self.requestID = requestID
        self.startedAt = startedAt
        self.callType = callType
        self.route = route
        self.status = status
        self.httpStatus = httpStatus
        self.durations = durations
    }

    package var endedAt: Timestamp { startedAt.advanced(by: durations.total) }
}

/// How the cost of a request is known.
package enum CostBasis: String, Sendable, CaseIterable {
    /// Nothing was asked of fal that costs money.
    case free
    /// From the billable units that fal reported.
    case billed
    /// From our own price rule and what was delivered.
    case estimated
    /// No price is known: the cost is 0 because nobody knows better.
    case unpriced

    /// The basis of a sum of two costs: as good as its weaker part.
    package func combined(with other: CostBasis) -> CostBasis {
        other.doubt > doubt ? other : self
    }

    private var doubt: Int {
        switch self {
        case .free: 0
        case .billed: 1
        case .estimated: 2
        case .unpriced: 3
        }
    }
}
