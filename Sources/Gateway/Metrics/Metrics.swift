import Fal
import Ledger
import Money
import Reactor
import Synchronization

/// What is counted from the start of the process, over all loops. Every operation takes one lock
/// for a few additions; labels come from closed sets and the configuration, never from a client.
final class Metrics: Sendable {
    /// Upper bounds of the histogram, in seconds: from an answer that was kept to fal's slowest models.
    static let bounds: [Double] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
    /// The label of a model that the configuration does not name: a wildcard's, or a wrong one.
    static let otherModel = "other"

    struct Answered: Hashable, Sendable {
        let route: String
        let status: Int
        /// Empty where a route has nothing to do with a model.
        let model: String
    }

    struct Histogram: Sendable {
        /// Not cumulative; the last is above all bounds.
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        var sum: Duration = .zero
    }

    struct Counts: Sendable {
        var answered: [Answered: Int] = [:]
        var durations: [String: Histogram] = [:]
        var spend: [String: Nanodollars] = [:]
        var falFailures: [FailureKind: Int] = [:]
        /// By `deployment` and `key`.
        var cooldowns: [String: Int] = ["deployment": 0, "key": 0]
        var imagesStored = 0
        var imagesNotStored = 0
    }

    private let counts = Mutex(Counts())

    /// What was counted until now.
    var snapshot: Counts { counts.withLock { $0 } }

    /// A request was answered.
    func answered(_ route: String, status: Int, model: String) {
        counts.withLock { $0.answered[Answered(route: route, status: status, model: model), default: 0] += 1 }
    }

    /// An image request is over, answered or not.
    func ended(model: String, after duration: Duration) {
        let seconds = duration / .seconds(1)
        let bucket = Metrics.bounds.firstIndex { seconds <= $0 } ?? Metrics.bounds.count
        counts.withLock { counts in
            counts.durations[model, default: Histogram()].buckets[bucket] += 1
            counts.durations[model, default: Histogram()].sum += duration
        }
    }

    /// The ledger has this cost. A sum beyond the range stays at its end.
    func spent(_ cost: Nanodollars, model: String) {
        counts.withLock { counts in
            let sum = counts.spend[model] ?? .zero
            counts.spend[model] = sum.adding(cost) ?? Nanodollars(rawValue: .max)
        }
    }

    func failed(_ kind: FailureKind) {
        counts.withLock { $0.falFailures[kind, default: 0] += 1 }
    }

    /// An image of an answer is in the folder of `store_images`.
    func storedImage() {
        counts.withLock { $0.imagesStored += 1 }
    }

    func failedToStoreImage() {
        counts.withLock { $0.imagesNotStored += 1 }
    }

    /// - Parameter what: `deployment` or `key`.
    func cooledDown(_ what: String) {
        counts.withLock { $0.cooldowns[what, default: 0] += 1 }
    }
}

extension Routing {
    /// How a model is called in metrics: by its name where the configuration has it.
    func metricsName(of model: String?) -> String {
        guard let model, isNamed(model) else { return Metrics.otherModel }
        return model
    }
}
