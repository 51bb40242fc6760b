/// What a caller asked for and what the plan makes of it. Fixed when it is submitted.
final class Order: Sendable {
    enum Outcome: Sendable {
        case delivery(Delivery)
        case failure(Failure)
    }

    let id: String
    /// The whole endpoint id, `fal-ai/flux/dev`.
    let endpoint: Endpoint
    /// The account whose runners it takes and who pays.
    let account: Int
    let queue: Stay
    let run: Stay
    /// How long it may wait for a runner.
    let startDeadline: Duration?
    let outcome: Outcome
    /// Where its end is to be told.
    let callback: Callback?
    private let plan: Shared<Behaviour>

    var behaviour: Behaviour { plan.value }
    var position: Int { behaviour.position }
    var requeues: Int { behaviour.requeues }
    var cancellation: CancellationPlan { behaviour.cancellation }

    init(
        id: String, endpoint: Endpoint, account: Int, queue: Stay, run: Stay,
        startDeadline: Duration?, outcome: Outcome, behaviour: Shared<Behaviour>,
        callback: Callback? = nil
    ) {
        self.id = id
        self.endpoint = endpoint
        self.account = account
        self.queue = queue
        self.run = run
        self.startDeadline = startDeadline
        self.outcome = outcome
        plan = behaviour
        self.callback = callback
    }
}
