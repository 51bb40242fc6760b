import Fal
import JSON
import OpenAI
import Reactor
import Synchronization

/// An image request while it runs, apart from the connection it came over: its jobs go on when the
/// client hangs up, and whoever repeats the request waits for the same end.
final class RunningRequest: Sendable {
    let id: String
    /// Nobody but its caller may look at it.
    let wish: CallersWish
    /// Seconds since 1970.
    let created: Int
    let progress: JobProgress
    let origin: Origin
    /// Its answer can be fetched when nobody has waited for it.
    let isKept: Bool
    private let state: Mutex<State>

    enum Origin: Sendable {
        /// A client sent it to this process.
        case own
        /// It was found in the journal.
        case journal
    }

    /// How waiting for a request ends.
    enum Wake: Sendable {
        case ended(RequestEnd)
        /// The deployment's patience is over, or the caller's; the jobs go on without anybody waiting.
        case overdue
        /// Its client hung up.
        case gone
    }

    /// Somebody who waits.
    fileprivate struct Waiting {
        let token: Int
        /// Called once with how the waiting ended, from any thread.
        let over: @Sendable (Wake) -> Void
        /// Ends the waiting at its deadline.
        var alarm: Task<Void, Never>?

        func end(_ wake: Wake) {
            alarm?.cancel()
            over(wake)
        }
    }

    fileprivate struct State {
        var end: RequestEnd?
        var isOverdue = false
        /// Mostly one, and thousands of requests have such a list: not a dictionary.
        var waiting: [Waiting] = []
        var lastToken = 0
        var watchers: [Int: EventFeed] = [:]
        /// Stops the jobs.
        var cancel: (@Sendable (JobsToStop) -> Void)?
        /// Which of them were to be stopped.
        var stopped: JobsToStop?
        /// One of them was found at work, and goes on.
        var isGoingOn = false
        /// By its owner, whatever state its jobs are in.
        var isRevoked = false
        /// Stop the jobs that nobody waits for; a job each.
        var revocations: [@Sendable () -> Void] = []
        /// The images so far of a request for a stream: for those who come later to watch.
        var images: [StreamPiece] = []
        /// fal's ids of the jobs that it has accepted.
        var receipts: [String] = []
        /// Somebody will fetch the answer later: nobody has to wait meanwhile.
        var isWantedLater = false
    }

    init(id: String, wish: CallersWish, created: Int, jobs: Int, origin: Origin = .own, isKept: Bool = true) {
        self.id = id
        self.origin = origin
        self.isKept = isKept
        self.wish = wish
        self.created = created
        progress = JobProgress(jobs: jobs)
        state = Mutex(State())
    }

    /// What tells one who waits from the others.
    func makeToken() -> Int {
        state.withLock { state in
            state.lastToken += 1
            return state.lastToken
        }
    }

    /// Waits for the end, without a task. What a hang-up means for the jobs is for the caller to decide.
    ///
    /// - Parameters:
    ///   - deadline: `.overdue` then, for this caller alone. What he did not want to wait for
    ///     says nothing of the deployment: the jobs go on, and nothing is counted.
    ///   - over: called once; perhaps before this returns.
    func wait(
        _ token: Int, until deadline: Deadline?, on reactor: Reactor, _ over: @escaping @Sendable (Wake) -> Void
    ) {
        let known: Wake? = state.withLock { state in
            if let end = state.end { return .ended(end) }
            if state.isOverdue || deadline.map({ $0 <= .now }) == true { return .overdue }
            state.waiting.append(Waiting(token: token, over: over))
            return nil
        }
        if let known { return over(known) }
        guard let deadline else { return }
        let alarm = reactor.spawn {
            do throws(IOFailure) { try await reactor.sleep(until: deadline) } catch { return }
            self.wake(token, .overdue)
        }
        let isWaiting = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.token == token }) else { return false }
            state.waiting[index].alarm = alarm
            return true
        }
        if !isWaiting { alarm.cancel() }
    }

    /// Ends a wait with `.gone`: its caller has hung up.
    func stopWaiting(_ token: Int) { wake(token, .gone) }

    /// Waits for the end, the deadline, or the cancellation of the calling task.
    func end(until deadline: Deadline, on reactor: Reactor) async -> Wake {
        let token = makeToken()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(token, until: deadline, on: reactor) { continuation.resume(returning: $0) }
                // A cancellation that came before the registration has woken nobody.
                if Task.isCancelled { stopWaiting(token) }
            }
        } onCancel: {
            stopWaiting(token)
        }
    }

    private func wake(_ token: Int, _ reason: Wake) {
        let one = state.withLock { state in
            state.waiting.firstIndex { $0.token == token }.map { state.waiting.remove(at: $0) }
        }
        one?.end(reason)
    }

    /// Takes over how far a job is, and tells who watches.
    func note(_ phase: JobPhase, ofJob ordinal: Int) {
        guard progress.note(phase, ofJob: ordinal) else { return }
        let watchers = state.withLock { Array($0.watchers.values) }
        guard !watchers.isEmpty else { return }
        let comment = comment
        for watcher in watchers { watcher.yield(.written([comment])) }
    }

    /// fal has accepted a job.
    func note(_ receipt: SubmittedJob, ofJob ordinal: Int) {
        state.withLock { $0.receipts.append(receipt.requestID) }
        note(.inQueue(position: receipt.queuePosition), ofJob: ordinal)
    }

    /// It was given up: its jobs are being stopped, and none of them is known to go on.
    var isCancelled: Bool { state.withLock { $0.stopped != nil && !$0.isGoingOn } }

    /// Its owner has cancelled it.
    var isRevoked: Bool { state.withLock { $0.isRevoked } }

    /// fal's ids of the jobs so far.
    var falRequestIDs: [String] { state.withLock { $0.receipts } }

    /// The caller's, by whose key it came.
    var keyHash: String? { wish.keyHash }

    /// How far the jobs are, as a comment of an event stream.
    var comment: ArraySlice<UInt8> { Array(": \(progress.text)\n\n".utf8)[...] }

    /// Whether anybody waits for the end or watches.
    var isAwaited: Bool {
        state.withLock { !$0.waiting.isEmpty || !$0.watchers.isEmpty }
    }

    /// It was given up, and nobody has wanted it since.
    var isLeft: Bool { state.withLock { $0.stopped != nil && $0.isUnwanted } }

    /// Somebody will fetch the answer later.
    var isWantedLater: Bool { state.withLock { $0.isWantedLater } }

    var end: RequestEnd? { state.withLock { $0.end } }

    // MARK: Watching

    /// Gives `feed` the images so far and all that comes; ends it at once when the request is over.
    ///
    /// - Returns: what `stopWatching` takes.
    func watch(_ feed: EventFeed) -> Int {
        state.withLock { state in
            state.lastToken += 1
            for image in state.images { feed.yield(image) }
            if let last = state.lastPieces(overdueError) {
                feed.end(with: last)
            } else {
                state.watchers[state.lastToken] = feed
            }
            return state.lastToken
        }
    }

    /// The connection behind a feed is gone.
    func stopWatching(_ token: Int) {
        _ = state.withLock { $0.watchers.removeValue(forKey: token) }
    }

    /// Gives an image to those who watch, and to those who will.
    func publish(_ image: DeliveredImage, facts: JSONObject) {
        let piece = StreamPiece.image(image, facts: facts)
        let watchers = state.withLock { state in
            state.images.append(piece)
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield(piece) }
    }

    // MARK: Its life

    /// Tells how the jobs are stopped; at once when that was asked for before.
    func begin(cancel: @escaping @Sendable (JobsToStop) -> Void) {
        let stopped = state.withLock { state in
            state.cancel = cancel
            return state.stopped
        }
        if let stopped { cancel(stopped) }
    }

    /// Keeps the jobs running without anybody waiting, where the answer is kept.
    func keepForLater() {
        state.withLock { $0.isWantedLater = isKept }
    }

    /// What is told to who has waited long enough.
    var overdueError: GatewayError { isKept ? .overdue(RequestID(text: id)) : .overdueForGood }

    /// A client is gone. Stops the jobs that `policy` says when nobody is left who wants them: one in progress
    /// is paid for and is finished by default.
    func leave(_ policy: DisconnectPolicy) {
        stop(policy == .cancel ? .all : .waiting) { state in
            state.isUnwanted && state.end == nil
        }
    }

    /// It was given up, and one of its jobs goes on all the same: there will be an end that is worth waiting for. Whoever
    /// has waited to hear that is told that it takes longer.
    func goOn() {
        let waiting: [Waiting] = state.withLock { state in
            guard state.stopped == .waiting, !state.isGoingOn else { return [] }
            state.isGoingOn = true
            return state.takeWaiting()
        }
        for one in waiting { one.end(.overdue) }
    }

    /// Stops the jobs as far as fal lets them be stopped: their owner says so.
    func cancel() {
        let revocations = state.withLock { state in
            state.isRevoked = true
            defer { state.revocations = [] }
            return state.revocations
        }
        stop(.all)
        for revoke in revocations { revoke() }
    }

    /// Tells how a job is stopped that is followed although nobody waits for it; at once when that was asked for
    /// before.
    ///
    /// - Parameter revoke: called once at most, from any thread.
    func whenRevoked(_ revoke: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isRevoked { state.revocations.append(revoke) }
            return state.isRevoked
        }
        if isLate { revoke() }
    }

    private func stop(_ jobs: JobsToStop, if condition: (borrowing State) -> Bool = { _ in true }) {
        let cancel: (@Sendable (JobsToStop) -> Void)? = state.withLock { state in
            guard condition(state) else { return nil }
            if state.stopped != .all { state.stopped = jobs }
            if jobs == .all { state.isGoingOn = false }
            return state.cancel
        }
        cancel?(jobs)
    }

    /// Nobody waits any longer.
    func overdue() {
        let waiting = state.withLock { state in
            state.isOverdue = true
            // Who was told that it takes longer may come back for it.
            state.isWantedLater = isKept
            state.endWatching(overdueError)
            return state.takeWaiting()
        }
        for one in waiting { one.end(.overdue) }
    }

    /// It is over: whoever waits gets the answer.
    func finish(_ end: RequestEnd) {
        let waiting = state.withLock { state in
            state.end = end
            state.cancel = nil
            state.revocations = []
            state.endWatching(overdueError)
            return state.takeWaiting()
        }
        for one in waiting { one.end(.ended(end)) }
    }
}

extension RunningRequest.State {
    /// Nobody waits, watches, or will come for the answer.
    fileprivate var isUnwanted: Bool { waiting.isEmpty && watchers.isEmpty && !isWantedLater }

    fileprivate mutating func takeWaiting() -> [RunningRequest.Waiting] {
        let all = waiting
        waiting = []
        return all
    }

    fileprivate mutating func endWatching(_ overdue: @autoclosure () -> GatewayError) {
        guard !watchers.isEmpty, let last = lastPieces(overdue()) else { return }
        for watcher in watchers.values { watcher.end(with: last) }
        watchers = [:]
    }

    /// What the stream of the request ends with behind its images; `nil` while it goes on.
    fileprivate func lastPieces(_ overdue: @autoclosure () -> GatewayError) -> [StreamPiece]? {
        switch end?.result {
        case .failure(let error): [.error(error)]
        // Those of a request from the journal are known by its end alone.
        case .success: images.isEmpty ? end?.keptPieces : []
        case nil: isOverdue ? [.error(overdue())] : nil
        }
    }
}

extension EventFeed {
    fileprivate func end(with pieces: [StreamPiece]) {
        for piece in pieces { yield(piece) }
        finish()
    }
}

/// What a request came to.
final class RequestEnd: Sendable {
    let result: Result<ImageResponse, GatewayError>
    /// The same success by addresses alone, for who comes after the bytes were handed over.
    let kept: ImageResponse?
    /// The JSON of the success where it has been written already: an answer by addresses is what is kept.
    let written: [UInt8]?
    /// What is told in the headers of the answer.
    let record: RequestRecord

    init(
        _ result: Result<ImageResponse, GatewayError>, kept: ImageResponse?, written: [UInt8]? = nil, _ record: RequestRecord
    ) {
        self.result = result
        self.kept = kept
        self.written = written
        self.record = record
    }

    /// The same with a failure for its result.
    @inline(never)
    func failed(with error: GatewayError) -> RequestEnd {
        RequestEnd(.failure(error), kept: kept, written: written, record)
    }
}

extension RequestEnd {
    /// What is kept, for a stream.
    fileprivate var keptPieces: [StreamPiece] {
        (kept?.images ?? []).map { image in
            .image(DeliveredImage(answer: image, format: kept?.outputFormat, address: image.url), facts: kept?.falgate ?? [:])
        }
    }
}

/// Which of a request's jobs are stopped.
enum JobsToStop: Sendable {
    case all
    /// Those that no model works on yet, as far as is known.
    case waiting
}

/// `on_disconnect`: what becomes of jobs in progress whose client has hung up.
package enum DisconnectPolicy: String, Sendable, Equatable, CaseIterable {
    case finish, cancel
}
