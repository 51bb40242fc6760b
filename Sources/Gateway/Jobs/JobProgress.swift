import Fal
import Synchronization

/// How far the jobs of a request are.
final class JobProgress: Sendable {
    private let phases: Mutex<[JobPhase?]>

    init(jobs: Int) {
        phases = Mutex(Array(repeating: nil, count: jobs))
    }

    /// The jobs are others now, of which nothing is known yet: the request goes on elsewhere.
    func begin(jobs: Int) {
        phases.withLock { $0 = Array(repeating: nil, count: jobs) }
    }

    /// - Returns: whether this is news.
    @discardableResult
    func note(_ phase: JobPhase, ofJob ordinal: Int) -> Bool {
        phases.withLock { phases in
            guard phases.indices.contains(ordinal), phases[ordinal] != phase else { return false }
            phases[ordinal] = phase
            return true
        }
    }

    /// A model works on it, and the work is paid for.
    var isAnyInProgress: Bool {
        phases.withLock { $0.contains(.inProgress) }
    }

    /// The longest way that a job still has in fal's queue; `nil` when none waits, or fal does not say.
    var queuePosition: Int? {
        phases.withLock { phases in
            phases.lazy.compactMap { phase in
                if case .inQueue(let position?)? = phase { position } else { nil }
            }.max()
        }
    }

    /// In words for a person, a job each.
    var text: String {
        phases.withLock { $0.map(JobProgress.text) }.joined(separator: "; ")
    }

    private static func text(_ phase: JobPhase?) -> String {
        switch phase {
        case nil: "submitting"
        case .inQueue(let position?)?: "in queue, position \(position)"
        case .inQueue(nil)?: "in queue"
        case .inProgress?: "in progress"
        }
    }
}
