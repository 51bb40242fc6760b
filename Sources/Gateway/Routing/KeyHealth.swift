import Fal
package import Reactor
import Synchronization

/// What a fal key is called where it must not be seen: the first digits of its SHA-256.
package struct KeyTag: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// 32 bits: enough to tell an operator's keys apart, nothing to guess a key from.
    private static let digits = 8

    package init(of key: Secret) {
        description = String(KeyHash(of: key.reveal()).description.prefix(KeyTag.digits))
    }
}

/// Whether a fal key can be used. One object a key, whichever entries have it, for what fal says of
/// the account; and one for each entry that has it, for what fal says of both together.
package final class KeyHealth: Sendable {
    /// Why a key is left alone.
    package enum Trouble: String, Sendable {
        case refused = "fal refuses the key"
        case denied = "fal denies this key the endpoint"
        case exhausted = "the fal account is locked or has no balance"
        case busy = "fal takes no more jobs of this account"
    }

    package struct Cooldown: Sendable, Equatable {
        package let trouble: Trouble
        package let until: Deadline
    }

    private let state = Mutex<Cooldown?>(nil)

    package init() {}

    /// Leaves the key alone for `duration`; a longer cooldown that is running stays.
    ///
    /// - Returns: `true` when it was usable until now: news for the log.
    package func cool(for trouble: Trouble, _ duration: Duration, at now: Deadline) -> Bool {
        let until = now.advanced(by: duration)
        return state.withLock { state in
            let running = state.map { now < $0.until } ?? false
            if running, let state, state.until >= until { return false }
            state = Cooldown(trouble: trouble, until: until)
            return !running
        }
    }

    /// fal has taken a job with this key: whatever was wrong is over.
    ///
    /// - Returns: what was wrong, when that is news.
    package func accepted() -> Trouble? {
        state.withLock { state in
            defer { state = nil }
            return state?.trouble
        }
    }

    /// The cooldown that is running.
    package func cooldown(at now: Deadline) -> Cooldown? {
        state.withLock { state in
            guard let state, now < state.until else { return nil }
            return state
        }
    }
}
