import HTTP
import Ledger
import OpenAI
import Reactor

/// Requests that were made before: nothing is paid twice for them.
extension Worker {
    /// How long an answer that is due at once waits to hear whether jobs that are being stopped have stopped: as long as
    /// fal is asked whether one runs, and well below the silence that proxies cut.
    private static let decisionPatience = lookPatience * 2

    /// The answer to the request that is being repeated, if there is one.
    ///
    /// Asked before a place is taken: the first may be the one that holds it.
    @inline(never)
    func repeated(_ order: ImageOrder, _ arrival: Arrival) async throws(GatewayError) -> Reply? {
        guard var repetition = arrival.repetition else { return nil }
        let earlier = try await earlier(&repetition, order, arrival.record.caller)
        arrival.repetition = repetition
        guard let earlier else { return nil }
        return try await join(earlier, order, arrival.record, arrival.asynchronous)
    }

    private func earlier(
        _ repetition: inout Repetition, _ order: ImageOrder, _ caller: Caller
    ) async throws(GatewayError) -> StoredRequest? {
        let key = caller.keyHash?.description
        do {
            if let idempotencyKey = repetition.idempotencyKey {
                return try await core.ledger.storedRequest(key: key, idempotencyKey: idempotencyKey)
            }
            let wish = order.wish(of: caller)
            // In this order: what ends meanwhile without an answer is noted then.
            let running = try await core.ledger.runningRequest(
                key: key, fingerprint: order.fingerprint, since: Repetition.earliest)
            let earlier = try await undelivered(wish) ?? running
            // For that one somebody waits, and this one's first try was refused.
            let isAnothers = earlier.map { core.running[$0.id]?.isAwaited == true } ?? true
            if isAnothers, core.refusals.take(wish) {
                repetition.isRetry = false
                return nil
            }
            return earlier
        } catch {
            throw .cannotRecord(error)
        }
    }

    /// What makes a repetition of this one known that comes because its first try was refused.
    func noteRefusal(_ error: GatewayError, of order: ImageOrder, _ caller: Caller) {
        if error.kind.shouldRetry { core.refusals.note(order.wish(of: caller)) }
    }

    /// The newest whose answer was not delivered: an SDK's repetition means that one. After an answer it got, it means
    /// a new image.
    private func undelivered(_ wish: CallersWish) async throws(LedgerError) -> StoredRequest? {
        while let id = core.undelivered.newest(of: wish) {
            if let stored = try await core.ledger.storedRequest(id: id) { return stored }
            core.undelivered.forget(id, of: wish)
        }
        return nil
    }

    /// Waits for the earlier request's end, or gives its answer again.
    ///
    /// - Returns: `nil` when the earlier one was given up and has come to nothing, or failed for free, and has no answer:
    ///   this one is to run. An end that the ledger does not take yet is given as it is: fal may have run the job.
    /// - Throws: `.idempotencyMismatch` when something else was asked under the same key; `.ledgerUnavailable`,
    ///   also where the caller does not wait until it is known what became of jobs that are being stopped.
    @inline(never)
    func join(
        _ earlier: StoredRequest, _ order: ImageOrder, _ record: RequestRecord, _ asynchronous: AsyncDialect?
    ) async throws(GatewayError) -> Reply? {
        guard earlier.fingerprint == order.fingerprint else {
            throw GatewayError(
                .idempotencyMismatch,
                "This `Idempotency-Key` was used for another request. Use a new key for a new request.",
                param: "Idempotency-Key")
        }
        if let running = core.running[earlier.id] {
            // First of all: whoever leaves from now on leaves it running.
            if asynchronous != nil { running.keepForLater() }
            if running.isCancelled {
                let isAnsweredAtOnce = asynchronous != nil || order.wanted.stream == true
                let patience = isAnsweredAtOnce ? .after(Worker.decisionPatience) : record.deadline(of: order.deployment)
                let deadline = Deadline.earlier(patience, record.waitsUntil ?? .never)
                let wake = await running.end(until: deadline, on: reactor)
                if case .ended(let end) = wake, end.error?.kind == .clientGone { return nil }
                // Whether anything is made is not known yet: he is not sent for what may be nothing.
                if case .overdue = wake, !isAnsweredAtOnce, running.isCancelled { throw .notSettledYet }
            }
            // An end that the ledger does not have yet is no answer: that one is for who repeats this later.
            if running.end == nil { core.undelivered.forget(earlier.id, of: earlier.wish) }
            return reply(order, record, running, asynchronous)
        }
        // It may have ended since it was looked up.
        let newest: StoredRequest?
        do {
            newest = try await core.ledger.storedRequest(id: earlier.id)
        } catch {
            throw .cannotRecord(error)
        }
        guard let stored = newest else { return nil }
        guard let end = stored.end else {
            throw GatewayError(
                .submitUnknown,
                "This request was sent to fal before, but the answer was lost. It may be running and may be billed; it is not sent again.")
        }
        // Nobody else is to have it, unless it is lost again.
        core.undelivered.forget(stored.id, of: stored.wish)
        var response = await replay(stored, end, calledBy: record.callID, order.setup, to: asynchronous == nil ? order : nil)
        response.fields.append("idempotent-replayed", "true")
        return .later(ReadyAnswer(core.ending(response, at: .images(order.wanted.kind, nil)), of: stored.id, stored.wish, core.undelivered))
    }
}

/// An answer that is given again, that something was begun, or a stream of events. It is there already; what is waited for is whether it arrives.
final class ReadyAnswer: PendingResponse {
    /// Given away with `response`: what streams holds what it streams.
    private nonisolated(unsafe) var answer: Response?
    private let request: String
    private let wish: CallersWish
    private let undelivered: Undelivered

    init(_ answer: Response, of request: String, _ wish: CallersWish, _ undelivered: Undelivered) {
        self.answer = answer
        self.request = request
        self.wish = wish
        self.undelivered = undelivered
    }

    func whenReady(_ ready: @escaping @Sendable () -> Void) { ready() }

    func response() async -> Response {
        guard let answer = answer.take() else { preconditionFailure("the answer is asked for once") }
        return answer
    }

    func cancel() {}

    func noticeOfLoss() -> @Sendable () -> Void { undelivered.notice(of: request, wish) }
}
