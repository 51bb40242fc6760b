import HTTP
import Ledger
import Reactor

/// Delivers callers' webhooks, for as long as the process runs. What is due, and how often it was
/// tried, is in the ledger: a restart loses nothing, and repeats at most what was on its way.
actor WebhookDelivery {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private let core: Core
    private let resolver: Resolver
    /// With what the configuration allows; another one after a reload that allows something else.
    private var sender: WebhookSender
    private var targets: WebhookTargets
    private var underway: Set<String> = []

    /// Between two looks at what is due: one step in an index that is empty almost always.
    private static let pause: Duration = .seconds(1)
    /// Attempts at a time, so that slow receivers hold up the others only when there are many.
    private static let most = 64
    /// After an attempt that could not be noted: it would be made again at once.
    private static let ledgerPause: Duration = .seconds(5)

    init(core: Core, reactor: Reactor, resolver: Resolver) {
        self.core = core
        self.reactor = reactor
        self.resolver = resolver
        targets = WebhookTargets(allowsPrivate: core.setup.configuration.allowsPrivateWebhooks)
        sender = WebhookSender(on: reactor, resolver: resolver, tls: TLSClientContext(), targets: targets)
    }

    func run() async {
        while (try? await reactor.sleep(until: .after(WebhookDelivery.pause))) != nil {
            let free = WebhookDelivery.most - underway.count
            let configuration = core.setup.configuration
            guard free > 0, let secret = configuration.webhookSecret else { continue }
            if configuration.allowsPrivateWebhooks != targets.allowsPrivate {
                targets = WebhookTargets(allowsPrivate: configuration.allowsPrivateWebhooks)
                sender = WebhookSender(on: reactor, resolver: resolver, tls: TLSClientContext(), targets: targets)
            }
            let due: [StoredRequest]
            do {
                due = try await core.ledger.dueWebhooks(before: .now, atMost: underway.count + free)
            } catch {
                core.log.write(.warning, "webhooks not looked up", [("reason", error.description)])
                continue
            }
            for request in due.filter({ !underway.contains($0.id) }).prefix(free) {
                underway.insert(request.id)
                reactor.spawn { await self.deliver(request, secret) }
            }
        }
    }

    private func deliver(_ request: StoredRequest, _ secret: WebhookSecret) async {
        defer { underway.remove(request.id) }
        guard let message = WebhookMessage(request), let webhook = request.webhook else { return }
        let number = webhook.attempts + 1
        let outcome = await sender.send(
            message, attempt: number, time: Timestamp.now.seconds, secrets: [secret.derived(for: webhook.secretID ?? "")])
        guard let attempt = attempt(outcome) else { return }
        log(outcome, message, number)
        do {
            try await core.ledger.webhookAttempted(request.id, attempt)
        } catch {
            core.log.write(.error, "webhook not noted", [("request", request.id), ("reason", error.description)])
            try? await reactor.sleep(until: .after(WebhookDelivery.ledgerPause))
        }
    }

    private func attempt(_ outcome: WebhookOutcome) -> WebhookAttempt? {
        switch outcome {
        case .delivered: .delivered(at: .now)
        case .retry(let pause, _): .failed(nextAt: Timestamp.now.advanced(by: pause))
        case .givenUp: .givenUp
        case .interrupted: nil
        }
    }

    private func log(_ outcome: WebhookOutcome, _ message: WebhookMessage, _ attempt: Int) {
        var pairs = [("message", message.id), ("host", message.url.host), ("attempt", String(attempt))]
        switch outcome {
        case .delivered: core.log.write(.info, "webhook delivered", pairs)
        case .retry(let pause, let reason):
            pairs += [("again_in_seconds", String(pause.components.seconds)), ("reason", reason)]
            core.log.write(.warning, "webhook not taken", pairs)
        case .givenUp(let reason): core.log.write(.error, "webhook given up", pairs + [("reason", reason)])
        case .interrupted: break
        }
    }
}
