import Reactor
import Synchronization

/// Requests whose client went away, or was told that it took too long: an SDK's repetition of one
/// of these wants its answer, while that of an answered request wants a new image.
final class Undelivered: Sendable {
    /// SDKs repeat within seconds; a minute leaves room for the slowest back-off.
    private static let memory: Duration = .seconds(60)
    /// A bound for a storm of hang-ups: beyond it a repetition runs afresh.
    private static let most = 10_000

    private let since = Mutex<[String: Deadline]>([:])

    func note(_ id: String) {
        since.withLock { since in
            if since.count >= Undelivered.most { since = since.filter { $0.value > .now } }
            if since.count < Undelivered.most { since[id] = .after(Undelivered.memory) }
        }
    }

    func contains(_ id: String) -> Bool {
        since.withLock { since in
            guard let end = since[id] else { return false }
            return end > .now
        }
    }
}
