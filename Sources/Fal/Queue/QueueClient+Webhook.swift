import Reactor

extension QueueClient {
    /// Waits for the job's webhook, holding nothing but a continuation and a timer; looks now and
    /// then, since a webhook can get lost.
    ///
    /// A job of an earlier process is looked at at once: its webhook may have come to nobody.
    @inline(never)
    func awaitWebhook(
        of job: SubmittedJob, in arrivals: WebhookArrivals, at upstream: Upstream, until deadline: Deadline,
        _ watch: inout JobWatch, _ report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion {
        let place = arrivals.expect(job.requestID, on: reactor)
        defer { arrivals.forget(place) }
        let first = job.isTakenUp ? limits.pollFloor : limits.backstopFloor
        var pacing = Pacing(since: job.accepted, first: first, isBackstop: true)
        while Deadline.now < deadline {
            let look = nextLook(&pacing, until: deadline)
            if let webhook = try await webhook(at: place, in: arrivals, until: look, job) {
                return watch.hear(webhook, at: .now)
            }
            guard Deadline.now < deadline else { break }
            let completion = try await lookOnce(at: job, at: upstream, until: deadline, &pacing, &watch, report)
            if let completion { return completion }
        }
        throw late(job, pacing)
    }

    @inline(never)
    private func late(_ job: SubmittedJob, _ pacing: Pacing) -> FalFailure {
        .deadlineExceeded(job, detail: pacing.lastTrouble ?? "")
    }

    @inline(never)
    private func nextLook(_ pacing: inout Pacing, until deadline: Deadline) -> Deadline {
        .earlier(.after(pacing.next(at: .now, limits)), deadline)
    }

    @inline(never)
    private func webhook(
        at place: WebhookArrivals.Place, in arrivals: WebhookArrivals, until deadline: Deadline, _ job: SubmittedJob
    ) async throws(FalFailure) -> FalWebhook? {
        do {
            return try await arrivals.wait(at: place, until: deadline)
        } catch {
            throw .interrupted(job)
        }
    }
}

extension JobWatch {
    /// The job is over. Nothing was heard between its submit and this: what is not known to be work
    /// counts as waiting.
    @inline(never)
    mutating func hear(_ webhook: FalWebhook, at now: Deadline) -> Completion {
        var failure: FalFailure?
        if case .failed(let told) = webhook.end { failure = told }
        return over(
            at: now, inferenceTime: webhook.inferenceTime, error: failure?.message,
            errorType: failure.flatMap { $0.type == $0.kind.rawValue ? nil : $0.type }, webhook: webhook)
    }
}
