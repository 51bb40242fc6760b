import Fal
import Reactor

/// The way of one request through the deployments of its model, and on to its fallbacks. A value: it
/// remembers what was tried, and says where to go next.
///
/// ```
/// var way = try setup.routing.begin(for: model)   // way.deployment
/// try way.enter()                                // once it is sure that something is sent
/// switch way.next(after: failure) { ... }        // until .giveUp
/// ```
///
/// From `enter` on the deployment that it stands at counts the request as in flight for as long as the value,
/// or a copy of it, lives. A dry run, or a repetition of a request that is known, does not enter.
struct Itinerary: Sendable {
    /// Where the request goes now.
    private(set) var deployment: Deployment
    /// The model whose deployments are tried now: the one asked for, or a fallback.
    private(set) var model: String
    /// For `x-litellm-attempted-retries` and `x-litellm-attempted-fallbacks`.
    private(set) var retries = 0
    private(set) var fallbacks = 0

    private let routing: Routing
    private var visit: DeploymentHealth.Visit
    private var group: [Deployment]
    /// Deployments of the model that this job cannot go to, and its request can.
    private var beyond: [Deployment] = []
    private var chain: ArraySlice<String>
    private var tried: Set<ObjectIdentifier>
    private var standing = RetryRule.Standing()

    enum Step: Sendable {
        /// The job may be sent again after this pause, at the same deployment or another: the
        /// itinerary stands there already.
        case retry(after: Duration)
        /// The itinerary stands at a deployment of another model: the request is planned anew.
        case fallback(model: String)
        case giveUp
    }

    /// - Throws: `.modelNotFound`.
    fileprivate init(_ routing: Routing, model: String, at now: Deadline) throws(GatewayError) {
        let group = routing.deployments(for: model)
        var chain = routing.settings.fallbacks.chain(for: model)[...]
        guard let own = routing.choice(among: group, at: now) else { throw .modelNotFound(model) }
        var found = (model: model, group: group, choice: own)
        if !own.isUsable, let other = Itinerary.firstUsable(&chain, routing, at: now) {
            found = other
            fallbacks = 1
        }
        self.routing = routing
        self.model = found.model
        self.group = found.group
        self.chain = chain
        visit = DeploymentHealth.Visit(to: found.choice.deployment.health.entry)
        deployment = found.choice.deployment
        tried = [ObjectIdentifier(found.choice.deployment)]
        standing.retriesLeft = found.choice.deployment.configured.retries
    }

    /// Counts the request where the itinerary stands; all copies of the value have entered then.
    ///
    /// - Throws: `.deploymentsFull`, answered with 429 and `Retry-After`, when an enforced `rpm` leaves no room.
    func enter(at now: Deadline = .now) throws(GatewayError) {
        if visit.begin(at: now, limit: routing.limit(of: deployment)) { return }
        // Others may have taken the last place since it was chosen.
        guard case .full(_, let until)? = routing.choice(among: group, at: now) else { throw .deploymentsFull(seconds: 1) }
        throw .deploymentsFull(seconds: until.seconds(after: now))
    }

    /// The same way for one of the request's jobs, whose call only fits deployments like this one:
    /// other keys, and entries that differ in nothing that is sent.
    ///
    /// - Parameter count: the request's jobs. A single one gives up early where its request can go on
    ///   elsewhere; several do not, for some of them may succeed here.
    func forJob(of count: Int) -> Itinerary {
        var copy = self
        copy.group = group.filter { $0.takesSameCalls(as: deployment) }
        if count == 1 { copy.beyond = group.filter { !$0.takesSameCalls(as: deployment) } }
        copy.chain = []
        return copy
    }

    /// Whether anything may be tried after this failure.
    func allowsRepetition(of failure: FalFailure) -> Bool {
        routing.retryRule.repetition(of: failure) != .nowhere
    }

    /// Takes over what one of the jobs has tried, so that it is not tried again.
    mutating func learn(from job: Itinerary) {
        retries = max(retries, job.retries)
        tried.formUnion(job.tried)
        standing.retriesLeft = min(standing.retriesLeft, job.standing.retriesLeft)
        standing.failedJobs = max(standing.failedJobs, job.standing.failedJobs)
    }

    /// Decides what follows a failure, and goes there.
    mutating func next(after failure: FalFailure, at now: Deadline = .now) -> Step {
        let other = routing.usable(among: untried(group), at: now)
        standing.hasElsewhere = other != nil
        standing.hasFallback = !chain.isEmpty
        let step = routing.retryRule.next(after: failure, standing)
        if failure.acceptance == .accepted { standing.failedJobs += 1 }
        switch step {
        case .giveUp: return .giveUp
        case .again where routing.usable(among: untried(beyond), at: now) != nil: return .giveUp
        case .again(let pause):
            countRetry(costing: 1)
            standing.attemptsHere += 1
            return .retry(after: pause)
        case .elsewhere(let pause):
            guard let other, go(to: other, at: now) else { return .giveUp }
            countRetry(costing: failure.isRefusalOfKey ? 0 : 1)
            return .retry(after: pause)
        case .fallback: return fallBack(at: now)
        }
    }

    /// Gives up this model for the next in the chain; also for a model that cannot make what is asked.
    mutating func fallBack(at now: Deadline = .now) -> Step {
        guard let next = Itinerary.firstUsable(&chain, routing, at: now) else { return .giveUp }
        guard go(to: next.choice.deployment, at: now) else { return fallBack(at: now) }
        model = next.model
        group = next.group
        fallbacks += 1
        standing.retriesLeft = deployment.configured.retries
        return .fallback(model: model)
    }

    private func untried(_ deployments: [Deployment]) -> [Deployment] {
        deployments.filter { !tried.contains(ObjectIdentifier($0)) }
    }

    /// - Parameter share: what it takes of `num_retries`.
    private mutating func countRetry(costing share: Int) {
        retries += 1
        standing.retriesLeft -= share
    }

    private mutating func go(to other: Deployment, at now: Deadline) -> Bool {
        guard let visit = routing.enter(other, at: now) else { return false }
        self.visit = visit
        deployment = other
        tried.insert(ObjectIdentifier(other))
        standing.attemptsHere = 1
        return true
    }

    /// The first model of the chain that has a usable deployment; those before it are left out.
    private static func firstUsable(
        _ chain: inout ArraySlice<String>, _ routing: Routing, at now: Deadline
    ) -> (model: String, group: [Deployment], choice: Routing.Choice)? {
        while let model = chain.popFirst() {
            let group = routing.deployments(for: model)
            guard let choice = routing.choice(among: group, at: now), choice.isUsable else { continue }
            return (model, group, choice)
        }
        return nil
    }
}

extension Routing {
    /// Chooses where a request for `model` begins: with one of its deployments, or with a fallback's
    /// when all of its own are cooled down or full.
    ///
    /// - Throws: `.modelNotFound`, answered with 404.
    func begin(for model: String, at now: Deadline = .now) throws(GatewayError) -> Itinerary {
        try Itinerary(self, model: model, at: now)
    }

    fileprivate var retryRule: RetryRule {
        RetryRule(retriesPaidFailures: settings.retriesPaidFailures, retryAfter: settings.retryAfter)
    }

    fileprivate func usable(among deployments: [Deployment], at now: Deadline) -> Deployment? {
        guard let choice = choice(among: deployments, at: now), choice.isUsable else { return nil }
        return choice.deployment
    }

    fileprivate func enter(_ deployment: Deployment, at now: Deadline) -> DeploymentHealth.Visit? {
        deployment.health.entry.enter(at: now, limit: limit(of: deployment))
    }
}

extension Routing.Choice {
    fileprivate var isUsable: Bool {
        if case .usable = self { true } else { false }
    }
}

extension Deployment {
    /// Whether a call that was planned for the other can be sent here as it is.
    func takesSameCalls(as other: Deployment) -> Bool {
        endpoint == other.endpoint && upstream.base == other.upstream.base && profile.endpoint == other.profile.endpoint
            && configured.defaults == other.configured.defaults
            && configured.droppedParameters == other.configured.droppedParameters
            && configured.policies == other.configured.policies
            && configured.price == other.configured.price
    }
}

extension GatewayError {
    static func deploymentsFull(seconds: Int) -> GatewayError {
        GatewayError(
            .tooManyRequests, "The model's deployments have as many requests as their rpm allows.", retryAfter: seconds)
    }
}
