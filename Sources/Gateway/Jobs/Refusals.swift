import Reactor
import Synchronization

/// Requests whose callers were told to send them again, having paid for nothing: an SDK's repetition of one of these
/// is no repetition of somebody else's request for the same that runs meanwhile.
final class Refusals: Sendable {
    /// As long as an undelivered answer waits for its repetition: an SDK sends both after the same pause.
    static let memory = Undelivered.memory
    /// A bound for a storm of refusals: beyond it a repetition may join another caller's request.
    static let most = 10_000

    private struct Noted {
        /// How many repetitions are to be expected, and until when.
        var refused: [CallersWish: (count: Int, end: Deadline)] = [:]
        var nextSweep = Deadline.after(Refusals.memory)
    }

    private let noted = Mutex(Noted())

    func note(_ wish: CallersWish, at now: Deadline = .now) {
        noted.withLock { noted in
            // Once in that time, or what is forgotten would be held until the bound is reached.
            if now >= noted.nextSweep {
                noted.refused = noted.refused.filter { $0.value.end > now }
                noted.nextSweep = now.advanced(by: Refusals.memory)
            }
            let before = noted.refused[wish].map { $0.end > now ? $0.count : 0 }
            guard before != nil || noted.refused.count < Refusals.most else { return }
            noted.refused[wish] = ((before ?? 0) + 1, now.advanced(by: Refusals.memory))
        }
    }

    /// Takes one of them off, for a repetition has come.
    ///
    /// - Returns: `false` when none was refused, or all have been repeated.
    func take(_ wish: CallersWish, at now: Deadline = .now) -> Bool {
        noted.withLock { noted in
            guard let (count, end) = noted.refused[wish], end > now else { return false }
            noted.refused[wish] = count > 1 ? (count - 1, end) : nil
            return true
        }
    }
}
