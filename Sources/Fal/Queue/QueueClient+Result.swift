import HTTP
import JSON
package import Money
package import Reactor

/// What a finished job brought.
package struct JobResult: Sendable, Equatable {
    package let output: FalOutput
    /// `X-Fal-Billable-Units`; `nil` when fal did not say.
    package let billableUnits: DecimalQuantity?

    package init(output: FalOutput, billableUnits: DecimalQuantity?) {
        self.output = output
        self.billableUnits = billableUnits
    }
}

extension QueueClient {
    /// Fetches what a completed job brought, or learns why it brought nothing: fal answers with the
    /// model's own status and body.
    ///
    /// The work is done and perhaps paid, so whatever keeps the result from us is lived with until the deadline:
    /// lost connections, errors of fal's front door, refusals to show it (401, 403, 404), what is no output. What the model itself
    /// said is final. An output that a webhook has brought stands in for a result that cannot be fetched; what was
    /// billed for it is not known then.
    ///
    /// - Parameter completion: what the status said, for a failure of which the result has no trace.
    /// - Throws: what became of the job; `.deadlineExceeded` and `.interrupted` while that cannot be known.
    package func result(
        of job: SubmittedJob, after completion: Completion?, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> JobResult {
        do {
            return try await fetchedResult(of: job, after: completion, at: upstream, until: deadline)
        } catch {
            guard error.isAboutTheFetch, let output = completion?.webhook?.output else {
                throw error.redacting(upstream.key)
            }
            return JobResult(output: output, billableUnits: nil)
        }
    }

    private func fetchedResult(
        of job: SubmittedJob, after completion: Completion?, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> JobResult {
        var attempts = 0
        var delay = limits.pollFloor
        while true {
            var trouble: FalFailure
            switch try await fetch(job, completion, at: upstream, until: deadline) {
            case .result(let result): return result
            case .failed(let final): throw final
            case .trouble(let passing): trouble = passing
            }
            attempts += 1
            if attempts >= limits.resultAttempts, completion.tellsTheEnd { throw trouble.told(by: completion) }
            guard try await pause(delay, for: job, until: deadline) else {
                trouble.kind = .deadlineExceeded
                throw trouble
            }
            delay = min(delay * 2, limits.troubleCeiling)
        }
    }

    private enum Fetched {
        case result(JobResult)
        /// What the model said.
        case failed(FalFailure)
        /// It cannot be had now: nothing of the job is known by that.
        case trouble(FalFailure)
    }

    private func fetch(
        _ job: SubmittedJob, _ completion: Completion?, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> Fetched {
        let answer: Answer
        do {
            answer = try await look(
                upstream.question(job.locations.response), for: job, bytes: limits.resultBytes, until: deadline)
        } catch where error.kind == .connectionLost {
            return .trouble(error)
        }
        if answer.isStillRunning {
            return .trouble(FalFailure(
                .connectionLost, type: "result_not_ready", message: "fal has no result of a completed job",
                status: answer.status, requestID: job.requestID, acceptance: .accepted))
        }
        if (200..<300).contains(answer.status) { return read(answer, of: job, completion) }
        let failure = FalFailure(answer, at: .result, requestID: job.requestID)
        if answer.isFromFrontDoor || (answer.tellsNothing(failure) && !completion.tellsTheEnd) { return .trouble(failure) }
        return .failed(failure.completed(by: completion))
    }

    private func read(_ answer: Answer, of job: SubmittedJob, _ completion: Completion?) -> Fetched {
        do {
            return .result(JobResult(output: try FalOutput(body: answer.body), billableUnits: answer.billableUnits))
        } catch {
            // An error with status 200 does not exist, and yet a completion said so.
            let isEmpty = error == .noImages
            let failure = FalFailure(
                isEmpty ? .nothingGenerated : .unintelligible, message: error.description, status: answer.status,
                requestID: job.requestID, acceptance: .accepted, billableUnits: answer.billableUnits,
                detail: ErrorBody(answer.body).rest)
            // No model answers so, or fal would say what it bills for it.
            if !isEmpty, answer.billableUnits == nil, !completion.tellsTheEnd { return .trouble(failure) }
            return .failed(failure.completed(by: completion))
        }
    }
}

extension Answer {
    /// Status and result are not in step in fal: `{"detail":"Request is still in progress"}`, or a
    /// status where the result should be.
    fileprivate var isStillRunning: Bool {
        guard status == 400 || status == 202 else { return false }
        guard let value = try? JSON.parse(body, duplicateKeys: .keepLast) else { return status == 202 }
        return status == 202 || value["detail"]?.stringValue?.lowercased().contains("still in progress") ?? false
    }

    /// fal's ingress answers without its id and not in JSON; a model always has both.
    fileprivate var isFromFrontDoor: Bool {
        if [408, 425, 429].contains(status) { return true }
        guard status >= 500, requestID == nil else { return false }
        return (try? JSON.parse(body, duplicateKeys: .keepLast)) == nil
    }

    /// Whether the answer says why the result is not shown, and nothing of the model's work: fal names what
    /// became of a job, and a model's own 5xx has fal's id.
    fileprivate func tellsNothing(_ failure: FalFailure) -> Bool {
        guard failure.type == failure.kind.rawValue else { return false }
        switch failure.kind {
        case .jobNotFound, .endpointNotFound, .keyRefused, .accessDenied, .balanceExhausted, .unintelligible: return true
        default: return status >= 500 && requestID == nil
        }
    }
}

extension Completion? {
    /// Whether the end was told with what matters of it: that the job failed, or what it brought.
    fileprivate var tellsTheEnd: Bool {
        guard let self else { return false }
        return self.isFailure || self.webhook?.output != nil
    }
}

extension FalWebhook {
    /// What the webhook itself brought, if it can be read.
    fileprivate var output: FalOutput? {
        if case .delivered(let payload) = end { try? FalOutput(body: payload) } else { nil }
    }
}

extension FalFailure {
    /// Whether it says that the result could not be had, and nothing of the model's work.
    fileprivate var isAboutTheFetch: Bool {
        switch self.kind {
        case .connectionLost, .deadlineExceeded, .jobNotFound, .unavailable, .rateLimited, .unintelligible, .timedOut,
            .modelFailed, .keyRefused, .accessDenied, .balanceExhausted, .endpointNotFound:
            true
        default: false
        }
    }

    /// Takes over what the status said about a failure where the result says nothing.
    fileprivate func completed(by completion: Completion?) -> FalFailure {
        let saysNothing: [FailureKind] = [
            .jobNotFound, .endpointNotFound, .keyRefused, .accessDenied, .balanceExhausted, .nothingGenerated, .unintelligible,
        ]
        guard saysNothing.contains(self.kind), self.type == self.kind.rawValue else { return self }
        return told(by: completion)
    }

    /// What the status said, where the job failed.
    fileprivate func told(by completion: Completion?) -> FalFailure {
        guard let completion, completion.isFailure else { return self }
        let known = completion.errorType.flatMap { ErrorVocabulary.entry(for: $0) }
        var result = self
        result.kind = known?.kind ?? .modelFailed
        result.type = completion.errorType ?? result.kind.rawValue
        // What kept the result from us may be tried again; of the job that is not said.
        result.resubmission = known?.resubmission ?? .never
        result.message = completion.error ?? self.message
        // That of the question for the result, which is not the job's.
        result.status = nil
        return result
    }
}
