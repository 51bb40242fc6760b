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

    /// A place among the requests that run. It is given back with the object, however the request
    /// ends.
    final class Place: Sendable {
        private let admission: Admission

        fileprivate init(in admission: Admission) {
            self.admission = admission
        }

        deinit {
            admission.running.subtract(1, ordering: .relaxed)
        }
    }

    /// Takes a place, or refuses: taking and counting are one step.
    ///
    /// - Throws: `.tooManyRequests`, answered with 429 and `Retry-After`; no place is held then.
    func enter() throws(GatewayError) -> Place {
        let now = running.add(1, ordering: .relaxed).newValue
        let place = Place(in: self)
        guard let limit, now > limit else { return place }
        throw .tooManyRequests(limit: limit)
    }
}
