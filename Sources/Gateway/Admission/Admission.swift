import Synchronization

/// How many requests may run at once, over all loops.
package final class Admission: Sendable {
    private let running: Running
    private let limit: Int?

    fileprivate final class Running: Sendable {
        let count = Atomic<Int>(0)
    }

    /// - Parameters:
    ///   - limit: `general_settings.max_parallel_requests`; `nil` for no limit of ours.
    ///   - previous: the one that this replaces: its requests still run, and count.
    package init(limit: Int?, replacing previous: Admission? = nil) {
        running = previous?.running ?? Running()
        self.limit = limit
    }

    /// The requests that hold a place now.
    package var count: Int { running.count.load(ordering: .relaxed) }

    /// A place among the requests that run. It is given back with the object, however the request
    /// ends.
    final class Place: Sendable {
        fileprivate let running: Running

        fileprivate init(among running: Running) {
            self.running = running
        }

        deinit {
            running.count.subtract(1, ordering: .relaxed)
        }
    }

    /// Takes a place, or refuses: taking and counting are one step.
    ///
    /// - Throws: `.tooManyRequests`, answered with 429 and `Retry-After`; no place is held then.
    func enter() throws(GatewayError) -> Place {
        let now = running.count.add(1, ordering: .relaxed).newValue
        let place = Place(among: running)
        guard let limit, now > limit else { return place }
        throw .tooManyRequests(limit: limit)
    }

    /// The same for a request that may have its place here already: its jobs share one, however many come here.
    ///
    /// - Parameter places: of the request; a new one is added.
    func enter(holding places: inout [Place]) throws(GatewayError) {
        if !places.contains(where: { $0.running === running }) { places.append(try enter()) }
    }
}
