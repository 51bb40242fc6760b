import HTTP
package import Reactor

extension QueueClient {
    /// Whether a job still waits in fal's queue, asked once: for jobs whose phases nobody hears of.
    ///
    /// - Returns: `false` also when fal does not say.
    package func isWaiting(_ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline) async -> Bool {
        guard case .status(let status)? = try? await status(of: job, at: upstream, until: deadline),
            case .inQueue = status.state
        else { return false }
        return true
    }

    /// What a look at a job has shown.
    enum Look {
        case status(QueueStatus)
        /// fal could not answer; it may a moment later.
        case trouble(FalFailure)
        /// fal would not answer.
        case refusal(FalFailure)
    }

    /// Looks at a job once.
    func status(
        of job: SubmittedJob, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> Look {
        let answer: Answer
        do {
            answer = try await look(upstream.question(job.locations.status), for: job, until: deadline)
        } catch where error.isAboutTheLook {
            return .trouble(error)
        }
        if (200..<300).contains(answer.status), let status = QueueStatus(answer.body) { return .status(status) }
        let failure = FalFailure(answer, at: .status, requestID: job.requestID).redacting(upstream.key)
        let isRefusal = (400..<500).contains(answer.status) && ![408, 425, 429].contains(answer.status)
        return isRefusal ? .refusal(failure) : .trouble(failure)
    }
}
