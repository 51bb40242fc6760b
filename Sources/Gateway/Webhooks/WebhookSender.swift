package import HTTP
package import Reactor

/// A message for a caller's webhook, as a journal keeps it.
package struct WebhookMessage: Sendable, Equatable {
    /// The same at every attempt, without full stops.
    package let id: String
    package let url: URL
    /// JSON.
    package let body: [UInt8]

    package init(id: String, url: URL, body: [UInt8]) {
        self.id = id
        self.url = url
        self.body = body
    }
}

/// What became of one attempt.
package enum WebhookOutcome: Sendable, Equatable {
    /// Answered with 2xx.
    case delivered
    /// To be sent again after this pause.
    case retry(after: Duration, reason: String)
    /// Not to be sent again: the receiver is gone, the address may not be connected to, or it was
    /// the last attempt.
    case givenUp(reason: String)
    /// Our own side ended the attempt: it does not count.
    case interrupted
}

/// Sends webhooks to callers, one attempt at a time. One a loop, with connections of its own: they
/// are the only ones that lead where a caller says.
///
/// Redirects are not followed, no credentials are sent, and of the answer nothing but its status
/// is used.
package final class WebhookSender {
    /// From the first look-up to the status, for everything: receivers are to answer first and to
    /// work then. Standard Webhooks proposes 15 to 30 s.
    package static let timeout: Duration = .seconds(20)
    /// Of an answer that nobody reads; a longer one costs its sender the connection.
    private static let answerBytes = 16 * 1024
    /// To one receiver at a time, and attempts that wait for one of them.
    private static let connections = 4
    private static let waiting = 1_000

    private let http: Client
    private let patience: Duration

    /// - Parameter timeout: for one attempt.
    package init(
        on reactor: Reactor, resolver: Resolver, tls: TLSClientContext, targets: WebhookTargets,
        timeout: Duration = WebhookSender.timeout
    ) {
        var limits = ClientLimits()
        limits.connectionsPerOrigin = Self.connections
        limits.waitingPerOrigin = Self.waiting
        http = Client(on: reactor, resolver: resolver, tls: tls, limits: limits) { address, _ in
            targets.mayConnect(to: address)
        }
        patience = timeout
    }

    /// Makes one attempt.
    ///
    /// - Parameters:
    ///   - attempt: its number, from 1.
    ///   - time: seconds since 1970.
    ///   - secrets: of the receiver; without one the message goes unsigned.
    package func send(
        _ message: WebhookMessage, attempt: Int, time: Int, secrets: [WebhookSecret]
    ) async -> WebhookOutcome {
        var fields = WebhookSignature.fields(id: message.id, time: time, body: message.body, secrets: secrets)
        if secrets.isEmpty { fields.remove("webhook-signature") }
        fields.append("Content-Type", "application/json")
        fields.append("User-Agent", "falgate/\(GatewayVersion.number)")
        do {
            let answer = try await http.send(
                ClientRequest(.post, message.url, fields: fields, body: message.body),
                timeouts: ClientTimeouts(wait: patience, head: patience, whole: .after(patience)),
                maximumBodyBytes: Self.answerBytes)
            return outcome(answer.status, wish: answer.fields.first("Retry-After"), attempt)
        } catch {
            if error.isCancellation { return .interrupted }
            // Whatever is wrong with a body, its status was there before.
            if let status = error.status { return outcome(status, wish: nil, attempt) }
            if case .addressRefused = error.cause {
                return .givenUp(reason: "\(message.url.host) has no address of the public internet")
            }
            return again(error.description, wish: nil, attempt)
        }
    }

    private func outcome(_ status: Int, wish: String?, _ attempt: Int) -> WebhookOutcome {
        switch status {
        case 200..<300: .delivered
        case 410: .givenUp(reason: "status 410: the receiver is gone for good")
        case 300..<400: .givenUp(reason: "status \(status): redirects are not followed")
        default: again("status \(status)", wish: wish.flatMap(Self.seconds), attempt)
        }
    }

    private func again(_ reason: String, wish: Duration?, _ attempt: Int) -> WebhookOutcome {
        let pause = WebhookSchedule.pause(afterAttempt: attempt, wish: wish, random: .random(in: 0...1))
        guard let pause else { return .givenUp(reason: "\(reason), at attempt \(attempt), the last") }
        return .retry(after: pause, reason: reason)
    }

    /// `Retry-After` in seconds; as a date it is left alone.
    private static func seconds(_ text: String) -> Duration? {
        guard text.utf8.count <= 9, let seconds = Int(text), seconds >= 0 else { return nil }
        return .seconds(seconds)
    }
}
