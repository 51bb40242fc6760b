import Reactor
import Synchronization

/// Requests whose client went away, or was told that it took too long: an SDK's repetition of one
/// of these wants its answer, while that of an answered request wants a new image.
final class Undelivered: Sendable {
    /// SDKs repeat within seconds; a minute leaves room for the slowest back-off.
    static let memory: Duration = .seconds(60)
    /// A bound for a storm of hang-ups: beyond it a repetition runs afresh.
    static let most = 10_000

    private struct Noted {
        var ends: [String: Deadline] = [:]
        var nextSweep = Deadline.after(Undelivered.memory)
    }

    private let noted = Mutex(Noted())

    func note(_ id: String, at now: Deadline = .now) {
        noted.withLock { noted in
            // Once in that time, or what is forgotten would be held until the bound is reached.
            if now >= noted.nextSweep {
                noted.ends = noted.ends.filter { $0.value > now }
                noted.nextSweep = now.advanced(by: Undelivered.memory)
            }
            if noted.ends.count < Undelivered.most { noted.ends[id] = now.advanced(by: Undelivered.memory) }
        }
    }

    /// `note`, for whoever finds out later.
    func notice(of id: String) -> @Sendable () -> Void {
        { self.note(id) }
    }

    func contains(_ id: String, at now: Deadline = .now) -> Bool {
        noted.withLock { noted in noted.ends[id].map { $0 > now } ?? false }
    }
}
