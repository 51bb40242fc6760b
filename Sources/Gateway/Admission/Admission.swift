import Synchronization

/// How many requests may run at once, over all loops.
package final class Admission: Sendable {
    private let running = Atomic<Int>(0)
    private let limit: Int?

    /// - Parameter limit: `general_settings.max_parallel_requests`; `nil` for no limit of ours.
    package init(limit: Int?) {
        self.limit = limit
    }

    /// The requests that hold a place now.
    package var count: Int { running.load(ordering: .relaxed) }

    /// Takes a place, or refuses: taking and counting are one step. A place taken is given back
    /// with `leave()`.
    ///
    /// - Throws: `.tooManyRequests`, answered with 429 and `Retry-After`; no place is held then.
    func enter() throws(GatewayError) {
        let now = running.add(1, ordering: .relaxed).newValue
        guard let limit, now > limit else { return }
        leave()
        throw .tooManyRequests(limit: limit)
    }

    func leave() {
        running.subtract(1, ordering: .relaxed)
    }
}
