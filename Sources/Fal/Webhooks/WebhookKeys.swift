package import HTTP
package import Reactor
import Synchronization

/// fal's webhook keys, fetched when they are first needed and kept for a day at most. Shared by the loops.
///
/// Whatever strangers send, fal's key server hears little of it: one fetch runs at a time, and a
/// signature that no key verifies leads to one fetch a minute. While fetching fails the keys at
/// hand go on to be used until their day is over.
package final class WebhookKeys: Sendable {
    /// fal's own.
    package static let address: URL = {
        guard let url = URL("https://rest.fal.ai/.well-known/jwks.json") else { preconditionFailure("fal's own address is no URL") }
        return url
    }()

    /// After this the keys are forgotten: fal's documentation allows a day.
    static let lifetime: Duration = .seconds(24 * 3600)
    /// After this they are fetched again, in time to live through half a day without fal's key server.
    static let refreshAge: Duration = .seconds(12 * 3600)
    /// Between two fetches because of an unknown key, or of keys that could not be renewed.
    static let refetchPause: Duration = .seconds(60)
    /// Between two fetches while there are no keys at all: webhooks wait meanwhile.
    static let retryPause: Duration = .seconds(5)
    /// For one fetch, from its connection to its last byte. fal gives a webhook 15 s for its answer.
    package static let fetchTimeout: Duration = .seconds(8)

    private struct State {
        var set: JWKSet?
        var fetched = Deadline(nanoseconds: 0)
        var attempted: Deadline?
        var isFetching = false
        var lastFailure = "not asked yet"
        var waiting: [Wakeup] = []
    }

    private let url: URL
    private let timeout: Duration
    private let clock: @Sendable () -> Deadline
    private let state = Mutex(State())

    /// - Parameters:
    ///   - url: where the keys are.
    ///   - timeout: for one fetch.
    ///   - clock: the present, for tests of a day.
    package init(
        at url: URL = WebhookKeys.address, timeout: Duration = WebhookKeys.fetchTimeout,
        clock: @escaping @Sendable () -> Deadline = { .now }
    ) {
        self.url = url
        self.timeout = timeout
        self.clock = clock
    }

    /// Finds out whether a request is a webhook of fal's, with keys that are fetched where needed.
    ///
    /// - Parameters:
    ///   - fields: those of the request.
    ///   - body: as it came, byte for byte.
    ///   - now: seconds since 1970, UTC.
    ///   - http: a client of the calling loop. No credentials are sent.
    /// - Throws: `WebhookRefusal`, whose status says what to answer.
    package func verify(
        _ fields: Fields, body: [UInt8], now: Int, over http: Client, on reactor: Reactor
    ) async throws(WebhookRefusal) -> FalWebhook {
        let signed = try SignedWebhook(fields, body: body, now: now)
        var tried: Deadline?
        while true {
            let waiter = Waiter(on: reactor)
            switch next(after: tried, Wakeup(waiter, on: reactor)) {
            case .use(let set, let fetched):
                if signed.isSigned(by: set) { return try FalWebhook(signed) }
                tried = fetched
            case .fetch(let earlier): await fetch(over: http, earlierAttempt: earlier)
            case .wait:
                do {
                    try await waiter.wait(until: .after(timeout))
                } catch where error == .timedOut {
                    continue
                } catch {
                    throw .keysUnavailable("the sender hung up")
                }
            case .refuse(let refusal): throw refusal
            }
            if Task.isCancelled { throw .keysUnavailable("the sender hung up") }
        }
    }

    private enum Step {
        case use(JWKSet, fetched: Deadline)
        /// `earlier` is the attempt before, should this one not count.
        case fetch(earlier: Deadline?)
        /// Another task fetches.
        case wait
        case refuse(WebhookRefusal)
    }

    /// - Parameter tried: when the keys were fetched that did not verify.
    private func next(after tried: Deadline?, _ wakeup: Wakeup) -> Step {
        let now = clock()
        return state.withLock { state in
            if state.set != nil, now >= state.fetched.advanced(by: Self.lifetime) { state.set = nil }
            let pause = state.set == nil ? Self.retryPause : Self.refetchPause
            let mayFetch = state.attempted.map { now >= $0.advanced(by: pause) } ?? true
            if let set = state.set, state.fetched != tried {
                guard !state.isFetching, mayFetch, now >= state.fetched.advanced(by: Self.refreshAge) else {
                    return .use(set, fetched: state.fetched)
                }
            } else if state.isFetching {
                state.waiting.append(wakeup)
                return .wait
            } else if !mayFetch {
                return .refuse(state.set == nil ? .keysUnavailable(state.lastFailure) : .notSigned)
            }
            defer { state.attempted = now }
            state.isFetching = true
            return .fetch(earlier: state.attempted)
        }
    }

    private func fetch(over http: Client, earlierAttempt: Deadline?) async {
        let result = await document(over: http)
        let now = clock()
        let waiting = state.withLock { state in
            switch result {
            case .success(let set):
                state.set = set
                state.fetched = now
            case .failure(.interrupted): state.attempted = earlierAttempt
            case .failure(.failed(let reason)): state.lastFailure = reason
            }
            state.isFetching = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for wakeup in waiting { wakeup.wake() }
    }

    private enum FetchFailure: Error {
        /// By the end of our own task: says nothing about the keys.
        case interrupted
        case failed(String)
    }

    private func document(over http: Client) async -> Result<JWKSet, FetchFailure> {
        do {
            let answer = try await http.send(
                ClientRequest(.get, url, fields: ["Accept": "application/json", "User-Agent": "falgate"]),
                timeouts: ClientTimeouts(head: timeout, whole: .after(timeout)), maximumBodyBytes: JWKSet.longestDocument)
            guard answer.status == 200 else { return .failure(.failed("\(url.host) answered with status \(answer.status)")) }
            return .success(try JWKSet(document: answer.body))
        } catch let error as ClientError {
            return .failure(error.isCancellation ? .interrupted : .failed("\(url.host): \(error)"))
        } catch {
            return .failure(.failed("\(error)"))
        }
    }
}
