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
        /// Until when each is known, by its id.
        var ends: [CallersWish: [String: Deadline]] = [:]
        var count = 0
        var nextSweep = Deadline.after(Undelivered.memory)

        mutating func sweep(at now: Deadline) {
            ends = ends.mapValues { $0.filter { $0.value > now } }.filter { !$0.value.isEmpty }
            count = ends.values.reduce(0) { $0 + $1.count }
            nextSweep = now.advanced(by: Undelivered.memory)
        }
    }

    private let noted = Mutex(Noted())

    func note(_ id: String, of wish: CallersWish, at now: Deadline = .now) {
        noted.withLock { noted in
            // Once in that time, or what is forgotten would be held until the bound is reached.
            if now >= noted.nextSweep { noted.sweep(at: now) }
            guard noted.count < Undelivered.most else { return }
            let before = noted.ends[wish, default: [:]].updateValue(now.advanced(by: Undelivered.memory), forKey: id)
            if before == nil { noted.count += 1 }
        }
    }

    /// `note`, for whoever finds out later.
    func notice(of id: String, _ wish: CallersWish) -> @Sendable () -> Void {
        { self.note(id, of: wish) }
    }

    /// The newest request for this; ids sort by time.
    func newest(of wish: CallersWish, at now: Deadline = .now) -> String? {
        noted.withLock { noted in noted.ends[wish]?.lazy.filter { $0.value > now }.map(\.key).max() }
    }

    /// For a request of which nothing is kept, or that a repetition is given now.
    func forget(_ id: String, of wish: CallersWish) {
        noted.withLock { noted in
            if noted.ends[wish]?.removeValue(forKey: id) != nil { noted.count -= 1 }
        }
    }
}
