import Reactor
import Synchronization

/// Where webhooks meet those who wait for them, by fal's request id. Shared by the loops: the
/// connection that brings a webhook may belong to another loop than the job.
///
/// Whatever comes is harmless. A webhook that is faster than the answer to its submit is kept for a
/// while; one that nobody comes for is forgotten; a second one changes nothing. The memory has a
/// bound, at which the oldest unclaimed ones go: their jobs are found by a look.
package final class WebhookArrivals: Sendable {
    /// How long an unclaimed webhook is kept: longer than a submit may take to be answered.
    static let earlyLifetime: Duration = .seconds(120)
    /// Unclaimed webhooks, and bytes of output in them.
    static let mostEarly = 1024
    static let mostEarlyBytes = 8 * 1024 * 1024

    /// What became of a webhook. All of them are to be answered with 200: sent again it would be the same.
    package enum Reception: Sendable, Hashable {
        /// Somebody waited for it.
        case told
        /// Nobody waits yet. It may be a stranger's, too.
        case kept
        /// It was there already.
        case duplicate
    }

    private struct Entry {
        let ticket: UInt64
        var webhook: FalWebhook?
        let wakeup: Wakeup
    }

    private struct State {
        var entries: [String: [Entry]] = [:]
        var lastTicket: UInt64 = 0
        var early = EarlyWebhooks()
    }

    private let state = Mutex(State())

    package init() {}

    /// Jobs that are waited for.
    package var expected: Int { state.withLock { $0.entries.count } }

    /// Tells whoever waits for the job, or keeps the webhook for who will.
    package func tell(_ webhook: FalWebhook) -> Reception {
        let (reception, wakeups) = state.withLock { state -> (Reception, [Wakeup]) in
            guard var entries = state.entries[webhook.requestID] else {
                return (state.early.keep(webhook, at: .now) ? .kept : .duplicate, [])
            }
            var wakeups: [Wakeup] = []
            for index in entries.indices where entries[index].webhook == nil {
                entries[index].webhook = webhook
                wakeups.append(entries[index].wakeup)
            }
            state.entries[webhook.requestID] = entries
            return (wakeups.isEmpty ? .duplicate : .told, wakeups)
        }
        for wakeup in wakeups { wakeup.wake() }
        return reception
    }

    /// The place of one who waits.
    struct Place: Sendable {
        let requestID: String
        fileprivate let ticket: UInt64
    }

    /// From now on the job's webhook is for this place, also if it came before. Give it back with `forget`.
    ///
    /// - Parameter wakeup: used when one comes from now on.
    func expect(_ requestID: String, _ wakeup: Wakeup) -> Place {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            let webhook = state.early.take(requestID)
            state.entries[requestID, default: []].append(Entry(ticket: state.lastTicket, webhook: webhook, wakeup: wakeup))
            return state.lastTicket
        }
        return Place(requestID: requestID, ticket: ticket)
    }

    /// A webhook that has come and was not taken, because the wait was given up, is kept for the next.
    func forget(_ place: Place) {
        state.withLock { state in
            guard let index = state.entries[place.requestID]?.firstIndex(where: { $0.ticket == place.ticket }),
                let entry = state.entries[place.requestID]?.remove(at: index)
            else { return }
            guard state.entries[place.requestID]?.isEmpty == true else { return }
            state.entries[place.requestID] = nil
            if let webhook = entry.webhook { _ = state.early.keep(webhook, at: .now) }
        }
    }

    /// Takes the webhook that has come for this place.
    func take(at place: Place) -> FalWebhook? {
        state.withLock { state in
            guard let index = state.entries[place.requestID]?.firstIndex(where: { $0.ticket == place.ticket }) else { return nil }
            return state.entries[place.requestID]?[index].webhook.take()
        }
    }
}

/// Webhooks nobody has come for yet, oldest first. A value; the clock comes in as an argument.
struct EarlyWebhooks {
    private var webhooks: [String: FalWebhook] = [:]
    private var order: [(requestID: String, until: Deadline)] = []
    private var head = 0
    private var bytes = 0

    var count: Int { webhooks.count }

    /// - Returns: `false` when it is there already.
    mutating func keep(_ webhook: FalWebhook, at now: Deadline) -> Bool {
        while let oldest = order[head...].first, oldest.until <= now { dropOldest() }
        guard webhooks[webhook.requestID] == nil else { return false }
        while webhooks.count >= WebhookArrivals.mostEarly { dropOldest() }
        var webhook = webhook
        if bytes + webhook.payloadBytes > WebhookArrivals.mostEarlyBytes { webhook = webhook.withoutPayload }
        bytes += webhook.payloadBytes
        webhooks[webhook.requestID] = webhook
        order.append((webhook.requestID, now.advanced(by: WebhookArrivals.earlyLifetime)))
        return true
    }

    mutating func take(_ requestID: String) -> FalWebhook? {
        guard let webhook = webhooks.removeValue(forKey: requestID) else { return nil }
        bytes -= webhook.payloadBytes
        // Its line in `order` stays and finds nothing when its turn comes.
        return webhook
    }

    private mutating func dropOldest() {
        guard head < order.count else { return }
        _ = take(order[head].requestID)
        head += 1
        guard head > WebhookArrivals.mostEarly else { return }
        order.removeFirst(head)
        head = 0
    }
}

extension FalWebhook {
    fileprivate var payloadBytes: Int {
        if case .delivered(let payload) = end { payload.count } else { 0 }
    }

    fileprivate var withoutPayload: FalWebhook {
        guard case .delivered = end else { return self }
        return FalWebhook(
            requestID: requestID, gatewayRequestID: gatewayRequestID, userID: userID,
            end: .deliveredElsewhere(reason: "too many unclaimed webhooks to keep the payload"), inferenceTime: inferenceTime)
    }
}
