package import Money

/// What an operator found on fal's bill for a job that nobody could follow.
package enum OperatorDecision: Sendable, Equatable {
    case notPaid
    case paid(Nanodollars)

    /// What it adds to the spend row. The sum of a bill is as good as fal's own units.
    var end: LateEnd {
        switch self {
        case .notPaid: LateEnd(cost: .zero, basis: .free, images: 0)
        case .paid(let cost): LateEnd(cost: cost, basis: .billed, images: 0)
        }
    }
}

/// A job that is not settled, with the request it belongs to.
package struct UnsettledJob: Sendable, Equatable {
    package var request: RequestRow
    package var job: JobRow

    package init(request: RequestRow, job: JobRow) {
        self.request = request
        self.job = job
    }

    /// Since the request came in, by the wall clock; zero when that clock was set back meanwhile.
    package func age(at now: Timestamp) -> Duration { request.startedAt.distance(to: now) }
}

extension SpendRow {
    /// The row of a request that a process before this one had begun, as far as the journal knows
    /// it. Cost, images, basis and what went wrong are the caller's to fill in.
    ///
    /// - Parameters:
    ///   - jobs: those it speaks of; fal's ids are taken from their receipts.
    ///   - end: when the request came to its end. The duration is by the wall clock here, since no
    ///     other clock has run through the restart; it is never negative.
    package init(recovered request: RequestRow, jobs: [JobRow], status: Status, httpStatus: Int, at end: Timestamp) {
        self.init(
            requestID: request.id, startedAt: request.startedAt, callType: request.callType, route: request.route,
            status: status, httpStatus: httpStatus, durations: Durations(total: request.startedAt.distance(to: end)))
        keyHash = request.keyHash
        alias = request.alias
        endpoint = jobs.first?.endpoint
        deploymentID = jobs.first?.deploymentID
        falRequestIDs = jobs.compactMap { $0.submission?.falRequestID }
        imagesAsked = request.imagesAsked
        endUser = request.endUser
        tags = request.tags
    }
}

extension Timestamp {
    /// Never negative: a clock that was set back makes no time run backwards.
    fileprivate func distance(to later: Timestamp) -> Duration {
        let (distance, isOverflow) = later.milliseconds.subtractingReportingOverflow(milliseconds)
        return isOverflow ? .zero : .milliseconds(max(0, distance))
    }
}
