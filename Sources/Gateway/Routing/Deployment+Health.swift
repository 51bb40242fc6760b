import Fal
import Reactor

extension Deployment {
    /// What happened to a deployment that an operator wants to know.
    struct News: Sendable, Equatable {
        let event: String
        let reason: String
        /// How long nothing is sent; `nil` where that is over.
        var pause: Duration?
        /// The key it is about; `nil` where it is about the entry.
        var key: KeyTag?
    }

    /// Counts a failure where it belongs. One that is the caller's is not counted at all.
    ///
    /// - Returns: what has changed by it; `nil` when nothing has.
    func note(_ failure: FalFailure, at now: Deadline, rule: CooldownRule) -> News? {
        switch Blame(failure) {
        case .caller, .nobody: return nil
        case .deployment:
            // Behind a wildcard are many endpoints: the failures of one say nothing of the others.
            guard !configured.name.isWildcard, health.entry.failed(at: now, rule: rule) else { return nil }
            return News(event: "deployment cooled down", reason: failure.description, pause: rule.time)
        case .key(let trouble): return cool(health.key, trouble, at: now, rule)
        case .access(let trouble): return cool(health.access, trouble, at: now, rule)
        }
    }

    private func cool(_ key: KeyHealth, _ trouble: KeyHealth.Trouble, at now: Deadline, _ rule: CooldownRule) -> News? {
        let pause = trouble.duration(rule)
        guard !rule.isOff, key.cool(for: trouble, pause, at: now) else { return nil }
        return News(event: "fal key cooled down", reason: trouble.rawValue, pause: pause, key: keyTag)
    }

    /// fal has taken a job: the key is good, whatever was known of it.
    func noteAcceptance() -> News? {
        let troubles = [health.key.accepted(), health.access.accepted()].compactMap(\.self)
        guard let trouble = troubles.first else { return nil }
        return News(event: "fal key usable again", reason: "it was cooled down because \(trouble.rawValue)", key: keyTag)
    }

    /// Until when nothing is to be sent here; `nil` when it is usable.
    func rest(at now: Deadline) -> Deadline? {
        let pauses = [
            health.entry.snapshot(at: now).cooledUntil, health.key.cooldown(at: now)?.until, health.access.cooldown(at: now)?.until,
        ]
        return pauses.compactMap(\.self).max()
    }

    /// The sentences that `/health` has about it; empty when there is nothing to say.
    func conditions(at now: Deadline) -> [String] {
        var conditions: [String] = []
        if let until = health.entry.snapshot(at: now).cooledUntil {
            conditions.append("cooled down after too many failures, for another \(until.seconds(after: now)) s")
        }
        for cooldown in [health.key.cooldown(at: now), health.access.cooldown(at: now)].compactMap(\.self) {
            conditions.append("\(cooldown.trouble.rawValue): passed over for another \(cooldown.until.seconds(after: now)) s")
        }
        return conditions
    }

    // MARK: In the journal

    /// What a job's row says: the id, and the key where the entry has several. A job can only be asked
    /// about with the key that submitted it.
    var journalName: String {
        configured.furtherFalKeys.isEmpty ? id : "\(id)\(Deployment.keyMark)\(keyTag)"
    }

    private static let keyMark: Character = "#"

    static func parts(ofJournalName name: String) -> (id: String, tag: String?) {
        guard let mark = name.lastIndex(of: keyMark) else { return (name, nil) }
        return (String(name[..<mark]), String(name[name.index(after: mark)...]))
    }
}

extension Deadline {
    /// Whole seconds, rounded up and at least 1: for `Retry-After`.
    func seconds(after now: Deadline) -> Int {
        let nanoseconds = nanoseconds(since: now)
        return max(1, Int(nanoseconds / 1_000_000_000) + (nanoseconds % 1_000_000_000 == 0 ? 0 : 1))
    }
}
