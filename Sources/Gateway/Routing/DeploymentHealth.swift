package import Reactor
import Synchronization

/// How an entry of `model_list` has fared lately. Shared by all loops and by all keys of the entry;
/// every operation is one complete step. The time is an argument: nothing here looks at a clock.
package final class DeploymentHealth: Sendable {
    /// What one look shows.
    package struct Snapshot: Sendable, Equatable {
        /// Requests that are on their way.
        package var inFlight = 0
        /// Weighted average of finished jobs; `nil` before the first, and after an hour without any.
        package var latency: Duration?
        /// Nothing is to be sent before; `nil` when it is not cooled down.
        package var cooledUntil: Deadline?
        /// When its `rpm` has room again; `nil` when it has.
        package var fullUntil: Deadline?
    }

    private struct State {
        var inFlight = 0
        var latency: Double?
        var measured = Deadline(nanoseconds: 0)
        /// Within the window, oldest first; at most as many as trip the breaker.
        var failures: [Deadline] = []
        var cooledUntil = Deadline(nanoseconds: 0)
        var minute: Deadline?
        var requests = 0
        var turn = 0

        mutating func turnMinute(at now: Deadline) {
            guard let minute, now.nanoseconds(since: minute) >= DeploymentHealth.minute.nanoseconds else { return }
            self.minute = nil
            requests = 0
        }

        func isMeasured(at now: Deadline) -> Bool {
            latency != nil && now.nanoseconds(since: measured) < DeploymentHealth.latencyLifetime.nanoseconds
        }
    }

    /// The share that the newest job has in the average: the last ten jobs make up 94 % of it.
    private static let share = 0.25
    /// A measurement that old says nothing; LiteLLM's `ttl` of its latencies.
    private static let latencyLifetime: Duration = .seconds(3_600)
    /// The window of `rpm`: it begins with the first request, as LiteLLM's.
    private static let minute: Duration = .seconds(60)

    private let state = Mutex(State())

    package init() {}

    /// One request on its way. From `begin` on it counts as in flight, until the object is let go.
    package final class Visit: Sendable {
        private let health: DeploymentHealth
        private let counts = Atomic(false)

        package init(to health: DeploymentHealth) {
            self.health = health
        }

        deinit {
            if counts.load(ordering: .relaxed) { health.state.withLock { $0.inFlight -= 1 } }
        }

        /// Counts the request in, once, unless the minute is full.
        ///
        /// - Parameter limit: the entry's `rpm` where it is enforced.
        /// - Returns: `false` when `limit` requests have come within the minute; nothing is counted then.
        package func begin(at now: Deadline, limit: Int? = nil) -> Bool {
            if counts.load(ordering: .relaxed) { return true }
            let isIn = health.state.withLock { state in
                state.turnMinute(at: now)
                if let limit, state.requests >= limit { return false }
                if state.minute == nil { state.minute = now }
                state.requests += 1
                state.inFlight += 1
                return true
            }
            counts.store(isIn, ordering: .relaxed)
            return isIn
        }
    }

    /// Counts a request in, unless the minute is full.
    ///
    /// - Parameter limit: the entry's `rpm` where it is enforced.
    /// - Returns: `nil` when `limit` requests have come within the minute; nothing is counted then.
    package func enter(at now: Deadline, limit: Int? = nil) -> Visit? {
        let visit = Visit(to: self)
        return visit.begin(at: now, limit: limit) ? visit : nil
    }

    /// A job ended well after `duration`.
    package func finished(after duration: Duration, at now: Deadline) {
        let seconds = duration / .seconds(1)
        state.withLock { state in
            let old = state.isMeasured(at: now) ? state.latency : nil
            state.latency = old.map { $0 + (seconds - $0) * DeploymentHealth.share } ?? seconds
            state.measured = now
        }
    }

    /// A job failed through no fault of the caller's.
    ///
    /// - Returns: `true` when this failure was one too many: the deployment is cooled down from now.
    package func failed(at now: Deadline, rule: CooldownRule) -> Bool {
        guard !rule.isOff else { return false }
        return state.withLock { state in
            state.failures.removeAll { now.nanoseconds(since: $0) >= CooldownRule.window.nanoseconds }
            state.failures.append(now)
            guard state.failures.count > rule.allowedFails else { return false }
            // What comes after the pause is counted afresh.
            state.failures.removeAll()
            state.cooledUntil = now.advanced(by: rule.time)
            return true
        }
    }

    /// A number that is one higher at every call: whose turn it is among the entry's keys.
    func nextTurn() -> Int {
        state.withLock { state in
            state.turn &+= 1
            return state.turn
        }
    }

    /// - Parameter limit: the entry's `rpm` where it is enforced.
    package func snapshot(at now: Deadline, limit: Int? = nil) -> Snapshot {
        state.withLock { state in
            state.turnMinute(at: now)
            var snapshot = Snapshot(inFlight: state.inFlight)
            if state.isMeasured(at: now) { snapshot.latency = state.latency.map { .seconds(1) * $0 } }
            if now < state.cooledUntil { snapshot.cooledUntil = state.cooledUntil }
            if let limit, state.requests >= limit { snapshot.fullUntil = state.minute?.advanced(by: DeploymentHealth.minute) }
            return snapshot
        }
    }
}

extension Duration {
    /// Whole nanoseconds of a duration that is a constant here: far below the range.
    var nanoseconds: UInt64 {
        Deadline(nanoseconds: 0).advanced(by: self).nanoseconds
    }
}
