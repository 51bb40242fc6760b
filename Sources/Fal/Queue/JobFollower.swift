import HTTP
package import Reactor

/// Follows one job to its end: by its webhook if it has one, else by its status stream while a place for
/// one is free, else by looks. A stream that is not served, breaks, or falls silent is followed by looks.
///
/// Trouble on the way (5xx, lost connections, answers that are no status, refusals to tell) is lived with
/// until the deadline: the job goes on without us, and is paid.
///
/// Only a status stream holds a task meanwhile: what waits for a webhook, or for the time to look, is this
/// object, so that ten thousand jobs may wait.
///
/// ```
/// if let completion = try await follower.hear(report) { ... }   // over
/// follower.rest { ... }                                          // else: `hear` again then
/// ```
///
/// Belongs to one loop. It is heard until it gives a completion or throws; then everything it held is given back.
package final class JobFollower {
    let client: QueueClient
    let job: SubmittedJob
    let upstream: Upstream
    let deadline: Deadline
    var watch: JobWatch
    private let waiter: Waiter
    private let arrivals: WebhookArrivals?
    private var place: WebhookArrivals.Place?
    private var pacing: Pacing
    private var nextLook: Deadline
    private var mayStream: Bool
    /// fal was asked to cancel it: that it does not know the job is an end then.
    private var isCancelled = false

    /// - Parameters:
    ///   - following: which of the ways may be taken.
    ///   - arrivals: where the job's webhook will be told of. Only for a job submitted with one.
    package init(
        _ client: QueueClient, _ job: SubmittedJob, at upstream: Upstream, by following: Following = .auto,
        hearing arrivals: WebhookArrivals? = nil, until deadline: Deadline
    ) {
        self.client = client
        self.job = job
        self.upstream = upstream
        self.deadline = deadline
        watch = JobWatch(from: job.accepted, position: job.queuePosition)
        waiter = Waiter(on: client.reactor)
        let awaitsWebhook = arrivals != nil && following.asksForWebhook
        self.arrivals = awaitsWebhook ? arrivals : nil
        mayStream = !awaitsWebhook && following != .poll
        // The webhook of a job of an earlier process may have come to nobody: it is looked at soon.
        pacing = Pacing(since: job.accepted, isBackstop: awaitsWebhook)
        nextLook = client.reactor.turnBegan.advanced(
            by: awaitsWebhook && !job.isTakenUp ? client.limits.backstopFloor : client.limits.pollFloor)
        place = self.arrivals?.expect(job.requestID, Wakeup(waiter, on: client.reactor))
    }

    /// Takes in what there is to know by now, and looks at the job when it is time.
    ///
    /// - Parameter report: called whenever the phase changes. A webhook tells of no phases.
    /// - Returns: `nil` when the job is not over, as far as is known: `rest` then.
    /// - Throws: `.deadlineExceeded`; `.interrupted` when the calling task is cancelled; `.jobNotFound` of a
    ///   job that was cancelled.
    package func hear(_ report: (JobPhase) -> Void) async throws(FalFailure) -> Completion? {
        do {
            let completion = try await news(report)
            if completion != nil { leave() }
            return completion
        } catch {
            leave()
            throw error
        }
    }

    /// Waits for the job to be over in the calling task.
    ///
    /// - Throws: as `hear`.
    package func completion(_ report: (JobPhase) -> Void = { _ in }) async throws(FalFailure) -> Completion {
        while true {
            if let completion = try await hear(report) { return completion }
            // The cancellation of the task ends the wait, and is heard of.
            try? await waiter.wait(until: .earlier(nextLook, deadline))
        }
    }

    private func news(_ report: (JobPhase) -> Void) async throws(FalFailure) -> Completion? {
        if let webhook = arrived { return watch.hear(webhook, at: .now) }
        if mayStream {
            mayStream = false
            if let completion = try await stream(report) { return completion }
        }
        if Task.isCancelled { throw .interrupted(job) }
        if nextLook <= .now, Deadline.now < deadline, let completion = try await look(report) { return completion }
        guard Deadline.now < deadline else { throw .deadlineExceeded(job, detail: pacing.lastTrouble ?? "") }
        return nil
    }

    /// Looks at the job and lives with trouble.
    ///
    /// - Throws: `.jobNotFound`, of a cancelled job after so many refusals in a row.
    private func look(_ report: (JobPhase) -> Void) async throws(FalFailure) -> Completion? {
        defer { nextLook = .after(pacing.next(at: .now, client.limits)) }
        do throws(FalFailure) {
            switch try await client.status(of: job, at: upstream, until: deadline) {
            case .status(let status):
                pacing.wentWell()
                return hear(status, report)
            case .trouble(let failure):
                pacing.hadTrouble(failure)
            case .refusal(let failure):
                pacing.wasRefused(failure)
                if isCancelled, failure.kind == .jobNotFound, pacing.refusals >= client.limits.refusals { throw failure }
            }
        } catch where error.kind == .deadlineExceeded {
        }
        return nil
    }

    func hear(_ status: QueueStatus, _ report: (JobPhase) -> Void) -> Completion? {
        switch watch.hear(status, at: .now) {
        case .completed(let completion): return completion
        case .phase(let phase): report(phase)
        case .nothing: break
        }
        return nil
    }

    /// - Returns: `nil` when there is no place for a stream, or it has ended without an end of the job.
    private func stream(_ report: (JobPhase) -> Void) async throws(FalFailure) -> Completion? {
        guard client.streams.take() else { return nil }
        defer { client.streams.giveBack() }
        let completion = try await client.stream(self, report)
        nextLook = client.reactor.turnBegan
        return completion
    }

    // MARK: Waiting

    /// Waits without a task.
    ///
    /// - Parameter work: called once, on this loop, when `hear` may have something to tell: the webhook has come, a
    ///   look is due, the deadline has passed, or `wake` was called.
    package func rest(_ work: @escaping () -> Void) {
        waiter.whenOver(until: .earlier(nextLook, deadline), work)
    }

    /// Ends a rest before its time.
    package func wake() { waiter.wake() }

    /// Asks fal to cancel the job, and looks what has come of it; also while it is waited for.
    ///
    /// - Throws: as `QueueClient.cancel`. The job is followed all the same.
    package func cancel() async throws(FalFailure) -> Cancellation {
        let answer = try await client.cancel(job, at: upstream, until: deadline)
        isCancelled = answer != .alreadyCompleted
        nextLook = .now
        wake()
        return answer
    }

    private var arrived: FalWebhook? {
        place.flatMap { arrivals?.take(at: $0) }
    }

    private func leave() {
        if let place = place.take() { arrivals?.forget(place) }
    }
}
