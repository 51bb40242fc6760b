import Fal
import Reactor
import Synchronization

/// What was learned since a configuration began, for all loops, and who waits for what is being learned.
///
/// A thousand callers of one new endpoint cause one fetch and wait for it. What cannot be learned is
/// not asked again for a while: names in requests come from outside, and fal's site must not be
/// hammered with them.
final class LearnedModels: Sendable {
    /// Endpoints remembered, learned or not: requests through a wildcard can name any number.
    private static let capacity = 2_000
    /// Fetches at one time. Beyond them an endpoint is used unlearned.
    private static let fetchesAtOnce = 16
    /// How long a failure stands. A page that fails now may be there in a minute.
    private static let pause: Duration = .seconds(60)

    private typealias Caller = UnsafeContinuation<EndpointProfile?, Never>

    private enum Entry: Sendable {
        case running([Caller])
        case known(EndpointProfile)
        case failed(until: Deadline)
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The profile of an endpoint, learned first where that was not tried before.
    ///
    /// - Parameter learn: begins to learn it, and ends with `finish`. Called for one caller only.
    /// - Returns: `nil` when it cannot be learned.
    func profile(of endpoint: Endpoint, learn: () -> Void) async -> EndpointProfile? {
        await withUnsafeContinuation { caller in
            switch enter(endpoint.id, caller) {
            case .answer(let profile): caller.resume(returning: profile)
            case .learn: learn()
            case .wait: break
            }
        }
    }

    /// What is known of an endpoint by now.
    func known(_ endpoint: Endpoint) -> EndpointProfile? {
        entries.withLock { entries in
            if case .known(let profile) = entries[endpoint.id] { profile } else { nil }
        }
    }

    /// Ends the fetch of an endpoint and lets its callers go on.
    ///
    /// - Parameter profile: `nil` when nothing could be learned.
    func finish(_ endpoint: Endpoint, _ profile: EndpointProfile?) {
        let callers = entries.withLock { entries -> [Caller] in
            let before = entries[endpoint.id]
            entries[endpoint.id] = profile.map(Entry.known) ?? .failed(until: .after(Self.pause))
            if case .running(let callers) = before { return callers }
            return []
        }
        for caller in callers { caller.resume(returning: profile) }
    }

    private enum Step { case answer(EndpointProfile?), learn, wait }

    private func enter(_ id: String, _ caller: Caller) -> Step {
        entries.withLock { entries in
            switch entries[id] {
            case .known(let profile): return .answer(profile)
            case .failed(let end) where .now < end: return .answer(nil)
            case .running(let callers):
                entries[id] = .running(callers + [caller])
                return .wait
            case .failed, nil:
                guard Self.hasRoom(&entries) else { return .answer(nil) }
                entries[id] = .running([caller])
                return .learn
            }
        }
    }

    private static func hasRoom(_ entries: inout [String: Entry]) -> Bool {
        var running = 0
        for case .running in entries.values { running += 1 }
        guard running < fetchesAtOnce else { return false }
        guard entries.count >= capacity else { return true }
        let now = Deadline.now
        entries = entries.filter { if case .failed(let end) = $0.value { now < end } else { true } }
        return entries.count < capacity
    }
}
