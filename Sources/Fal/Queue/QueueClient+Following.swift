import HTTP
package import Reactor

extension QueueClient {
    /// Waits for a job to be over: by its webhook if it has one, else by its status stream while a place
    /// for one is free, else by polling. A stream that is not served, breaks, or falls silent is
    /// followed by polling.
    ///
    /// Trouble on the way (5xx, lost connections, answers that are no status) is lived with until the
    /// deadline: the job goes on without us.
    ///
    /// - Parameters:
    ///   - following: which of these ways may be taken.
    ///   - arrivals: where the job's webhook will be told of. Only for a job submitted with one.
    ///   - report: called on this loop whenever the phase changes. A webhook tells of no phases.
    /// - Throws: `.deadlineExceeded`, `.interrupted`, or what fal said when it refused to tell.
    package func follow(
        _ job: SubmittedJob, at upstream: Upstream, by following: Following = .auto,
        hearing arrivals: WebhookArrivals? = nil, until deadline: Deadline, report: (JobPhase) -> Void = { _ in }
    ) async throws(FalFailure) -> Completion {
        var watch = JobWatch(from: job.accepted, position: job.queuePosition)
        if let arrivals, following.asksForWebhook {
            return try await awaitWebhook(of: job, in: arrivals, at: upstream, until: deadline, &watch, report)
        }
        var patience = limits.pollFloor
        if following != .poll, streams.take() {
            defer { streams.giveBack() }
            let completion = try await followStream(job, at: upstream, until: deadline, &watch, report)
            if let completion { return completion }
            patience = .zero
        }
        return try await poll(job, at: upstream, until: deadline, firstAfter: patience, &watch, report)
    }

    /// - Returns: `nil` when the stream has ended without an end of the job.
    @inline(never)
    private func followStream(
        _ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline, _ watch: inout JobWatch,
        _ report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion? {
        do {
            let url = try url(for: .status) { () throws(InvalidURL) in try job.locations.statusStream() }
            let stream = try await open(upstream.request(.get, url, accept: "text/event-stream"), job, deadline)
            defer { stream.close() }
            let type = stream.fields.first("content-type")?.lowercased() ?? ""
            guard stream.status == 200, type.hasPrefix("text/event-stream") else { return nil }
            var parser = EventStreamParser()
            while let piece = try await nextPiece(of: stream, job, deadline) {
                guard let items = try? parser.feed(piece) else { return nil }
                for case .event(let event) in items {
                    guard let status = QueueStatus(event.data) else { continue }
                    switch watch.hear(status, at: .now) {
                    case .completed(let completion): return completion
                    case .phase(let phase): report(phase)
                    case .nothing: break
                    }
                }
            }
            return nil
        } catch where error.kind == .connectionLost {
            return nil
        }
    }

    private func open(
        _ request: ClientRequest, _ job: SubmittedJob, _ deadline: Deadline
    ) async throws(FalFailure) -> IncomingResponse {
        do {
            let timeouts = limits.timeouts(answer: limits.lookAnswer, idle: limits.streamIdle, until: deadline)
            return try await http.open(request, timeouts: timeouts, maximumBodyBytes: limits.streamBytes)
        } catch {
            throw FalFailure(asking: error, about: job, until: deadline)
        }
    }

    private func nextPiece(
        of stream: IncomingResponse, _ job: SubmittedJob, _ deadline: Deadline
    ) async throws(FalFailure) -> [UInt8]? {
        do {
            return try await stream.next()
        } catch {
            throw FalFailure(asking: error, about: job, until: deadline)
        }
    }

    @inline(never)
    private func poll(
        _ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline, firstAfter first: Duration,
        _ watch: inout JobWatch, _ report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion {
        var pacing = Pacing(since: job.accepted, first: first)
        while try await pause(pacing.next(at: .now, limits), for: job, until: deadline) {
            let completion = try await lookOnce(at: job, at: upstream, until: deadline, &pacing, &watch, report)
            if let completion { return completion }
        }
        throw .deadlineExceeded(job, detail: pacing.lastTrouble ?? "")
    }

    /// Looks at a job and lives with trouble.
    ///
    /// - Returns: `nil` when it is not over, as far as is known.
    /// - Throws: a refusal, after so many in a row.
    @inline(never)
    func lookOnce(
        at job: SubmittedJob, at upstream: Upstream, until deadline: Deadline, _ pacing: inout Pacing,
        _ watch: inout JobWatch, _ report: (JobPhase) -> Void
    ) async throws(FalFailure) -> Completion? {
        nonisolated(unsafe) let this = self
        let look = await reactor.apart { await this.look(at: job, at: upstream, until: deadline) }
        return try news(look, &pacing, &watch, report)
    }

    @inline(never)
    private func news(
        _ look: Look, _ pacing: inout Pacing, _ watch: inout JobWatch, _ report: (JobPhase) -> Void
    ) throws(FalFailure) -> Completion? {
        switch look {
        case .status(let status):
            pacing.wentWell()
            switch watch.hear(status, at: .now) {
            case .completed(let completion): return completion
            case .phase(let phase): report(phase)
            case .nothing: break
            }
        case .trouble(let failure):
            pacing.hadTrouble(failure)
        case .refusal(let failure):
            guard pacing.refusals + 1 < limits.refusals else { throw failure }
            pacing.wasRefused(failure)
        case .failure(let failure):
            guard failure.kind == .deadlineExceeded else { throw failure }
        }
        return nil
    }

    private func look(at job: SubmittedJob, at upstream: Upstream, until deadline: Deadline) async -> Look {
        do throws(FalFailure) {
            return try await status(of: job, at: upstream, until: deadline)
        } catch {
            return .failure(error)
        }
    }

    /// Whether a job still waits in fal's queue, asked once: for jobs whose phases nobody hears of.
    ///
    /// - Returns: `false` also when fal does not say.
    package func isWaiting(_ job: SubmittedJob, at upstream: Upstream, until deadline: Deadline) async -> Bool {
        guard case .status(let status)? = try? await status(of: job, at: upstream, until: deadline),
            case .inQueue = status.state
        else { return false }
        return true
    }

    private indirect enum Look: Sendable {
        case status(QueueStatus)
        /// fal could not answer; it may a moment later.
        case trouble(FalFailure)
        /// fal would not answer.
        case refusal(FalFailure)
        /// Nobody wants to know any more, or nobody can.
        case failure(FalFailure)
    }

    private func status(
        of job: SubmittedJob, at upstream: Upstream, until deadline: Deadline
    ) async throws(FalFailure) -> Look {
        let answer: Answer
        do {
            answer = try await look(upstream.request(.get, job.locations.status), for: job, until: deadline)
        } catch where error.kind == .connectionLost {
            return .trouble(error)
        }
        if (200..<300).contains(answer.status), let status = QueueStatus(answer.body) { return .status(status) }
        let failure = FalFailure(answer, at: .status, requestID: job.requestID).redacting(upstream.key)
        let isRefusal = (400..<500).contains(answer.status) && ![408, 425, 429].contains(answer.status)
        return isRefusal ? .refusal(failure) : .trouble(failure)
    }
}

/// When to look again.
struct Pacing {
    private let start: Deadline
    /// A webhook is awaited meanwhile: looks are rare.
    private let isBackstop: Bool
    private var first: Duration?
    private var troubles = 0
    private(set) var refusals = 0
    /// For the log, should the deadline come.
    private(set) var lastTrouble: String?

    init(since start: Deadline, first: Duration, isBackstop: Bool = false) {
        self.start = start
        self.isBackstop = isBackstop
        self.first = first
    }

    mutating func next(at now: Deadline, _ limits: QueueLimits) -> Duration {
        if let first {
            self.first = nil
            return first
        }
        guard troubles == 0 else {
            return min(limits.troubleFloor * (1 << min(troubles - 1, 16)), limits.troubleCeiling)
        }
        let taken = Duration.nanoseconds(Int64(clamping: now.nanoseconds(since: start)))
        let floor = isBackstop ? limits.backstopFloor : limits.pollFloor
        return max(floor, min(taken / limits.pollShare, isBackstop ? limits.backstopCeiling : limits.pollCeiling))
    }

    mutating func wentWell() {
        troubles = 0
        refusals = 0
    }

    mutating func hadTrouble(_ failure: FalFailure) {
        troubles += 1
        refusals = 0
        lastTrouble = failure.description
    }

    mutating func wasRefused(_ failure: FalFailure) {
        troubles += 1
        refusals += 1
        lastTrouble = failure.description
    }
}
