import HTTP
import Reactor
import Synchronization

/// How patient a queue client is, and how much it reads. Every wait ends at the caller's deadline
/// anyway.
package struct QueueLimits: Sendable {
    /// For a place among the connections to fal.
    package var connectionWait: Duration = .seconds(30)
    package var connect: Duration = .seconds(10)
    /// For the answer to a submit. Generous, because giving up leaves a job behind of which nobody
    /// knows whether it runs.
    package var submitAnswer: Duration = .seconds(60)
    /// For the answer to a look at a job, which can be repeated.
    package var lookAnswer: Duration = .seconds(15)
    /// The longest silence inside an answer.
    package var idle: Duration = .seconds(30)
    /// The longest silence of a status stream: fal comments every 15 s, three missed are the end.
    package var streamIdle: Duration = .seconds(45)

    /// The first look at a job that is polled, and the shortest time between two.
    package var pollFloor: Duration = .milliseconds(100)
    /// The longest time between two.
    package var pollCeiling: Duration = .seconds(3)
    /// Between them, looks come after an eighth of the time the job has taken so far: a result is
    /// noticed at most 12.5 % late, and a job of a minute costs about forty looks.
    package var pollShare = 8
    /// The first look at a job whose webhook is awaited, and the shortest time between two: most
    /// images are done by then and cost no look at all.
    package var backstopFloor: Duration = .seconds(15)
    /// The longest time between two. What a lost webhook delays at most.
    package var backstopCeiling: Duration = .seconds(60)
    /// Between looks after trouble: doubles from the first to the second.
    package var troubleFloor: Duration = .milliseconds(250)
    package var troubleCeiling: Duration = .seconds(5)
    /// A job that was cancelled is gone after so many refusals in a row: fal is known to refuse for a moment
    /// what it accepts again. One that was not may be paid, and is followed until the deadline whatever fal refuses.
    package var refusals = 3
    /// Attempts to fetch a finished result where the end has told already what it was: with the pauses
    /// between them more than a minute, since only the result says what is billed.
    package var resultAttempts = 20
    /// Attempts to cancel.
    package var cancelAttempts = 3

    /// An answer to a submit or a look; they have a kilobyte, more with logs, which are not asked for.
    package var lookBytes = 1024 * 1024
    /// A result. Four images of 4 megapixels as data URIs have 45 MB.
    package var resultBytes = 128 * 1024 * 1024
    /// All a status stream may say before polling takes over.
    package var streamBytes = 16 * 1024 * 1024

    package init() {}

    /// Up to the first byte the deadline counts, after it `submitAnswer` alone.
    func submitTimeouts(until deadline: Deadline) -> ClientTimeouts {
        let left = Duration.nanoseconds(Int64(clamping: deadline.nanoseconds(since: .now)))
        return ClientTimeouts(
            wait: min(connectionWait, left), connect: min(connect, left), head: submitAnswer, idle: idle,
            whole: deadline.advanced(by: submitAnswer))
    }

    func timeouts(answer: Duration, idle: Duration? = nil, until deadline: Deadline) -> ClientTimeouts {
        ClientTimeouts(wait: connectionWait, connect: connect, head: answer, idle: idle ?? self.idle, whole: deadline)
    }
}

/// How many jobs may be followed by a status stream at the same time, since each stream holds a
/// connection to fal. Shared by the loops; jobs beyond it are polled.
package final class StreamAllowance: Sendable {
    private let free: Atomic<Int>

    /// - Parameter maximum: well below the connections to fal that all loops may have, or streams
    ///   leave none to submit over.
    package init(maximum: Int) {
        free = Atomic(max(0, maximum))
    }

    /// Places left.
    package var available: Int { free.load(ordering: .relaxed) }

    /// Takes a place; give it back with `giveBack()`.
    ///
    /// - Returns: `false` when there is none.
    func take() -> Bool {
        if free.subtract(1, ordering: .relaxed).newValue >= 0 { return true }
        free.add(1, ordering: .relaxed)
        return false
    }

    func giveBack() {
        free.add(1, ordering: .relaxed)
    }
}
