@testable import FalSimulator

extension Order {
    static func make(
        id: String = "job", account: Int = 0, queue: Stay = .time(.zero), run: Stay = .time(.zero),
        startDeadline: Duration? = nil, behaviour: Behaviour = Behaviour()
    ) -> Order {
        Order(
            id: id, endpoint: .make("fal-ai/flux/dev"), account: account, queue: queue, run: run,
            startDeadline: startDeadline, outcome: .failure(.platform("internal_error", status: 500)),
            behaviour: Shared(behaviour))
    }
}

extension Endpoint {
    static func make(_ id: String) -> Endpoint {
        Endpoint(segments: id.split(separator: "/")[...])!
    }
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { .start + .seconds(seconds) }
}
