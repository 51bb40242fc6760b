/// Everything that can go wrong with a job at fal, as far as it matters to who asked for it.
package enum FailureKind: String, Sendable, Hashable, CaseIterable {
    // What the caller sent.

    /// A parameter is missing, out of bounds or of the wrong kind. The parameter is named.
    case invalidParameter
    /// An input file could not be fetched, read or used.
    case unusableInput
    /// The model refuses the content.
    case refusedContent
    /// The model worked and made nothing. May be billed.
    case nothingGenerated
    /// Refused for another reason that lies in the request.
    case badRequest
    /// No such application, or no such path in it.
    case endpointNotFound

    // The account at fal.

    /// The key is unknown or malformed.
    case keyRefused
    /// The key is valid but may not use this endpoint.
    case accessDenied
    /// The account has no credit, or is locked.
    case balanceExhausted
    /// Too many jobs at once, or too long a queue.
    case rateLimited

    // fal and its runners.

    /// The model or its runner failed.
    case modelFailed
    /// No runner could be had.
    case unavailable
    /// fal gave up: the job did not start or end in time.
    case timedOut
    /// The job was cancelled.
    case cancelled
    /// fal does not know the job, or no more.
    case jobNotFound
    /// What fal answered makes no sense.
    case unintelligible

    // The way there.

    /// No connection to fal came about.
    case unreachable
    /// The job was sent and no answer came: it may be running. Never to be submitted again.
    case submitOutcomeUnknown
    /// The job is with fal and the connection to hear of it failed for good.
    case connectionLost
    /// Our own deadline passed.
    case deadlineExceeded
    /// Our own side gave up waiting.
    case interrupted
}

/// Whether fal has the job. Decides about money and about trying again.
package enum Acceptance: Sendable, Hashable {
    /// fal cannot have taken it: nothing was sent, or fal said no.
    case notAccepted
    /// Sent, and no answer that tells. Possibly paid.
    case unknown
    /// fal has taken it.
    case accepted
}

/// What submitting the same job again would mean.
package enum Resubmission: Sendable, Hashable {
    /// It was never accepted, and another try may succeed: free to repeat.
    case safe
    /// It was accepted, failed without being billed, and may succeed another time. Once at most: fal
    /// itself has tried up to ten times.
    case once
    /// It would fail again, or be paid twice.
    case never
}
