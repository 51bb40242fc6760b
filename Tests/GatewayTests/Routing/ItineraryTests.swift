import Fal
import Reactor
import Testing

@testable import Gateway

private func at(_ seconds: Double) -> Deadline {
    Deadline(nanoseconds: UInt64((1_000 + seconds) * 1e9))
}

private func failure(
    _ kind: FailureKind, _ acceptance: Acceptance = .notAccepted, _ resubmission: Resubmission = .safe
) -> FalFailure {
    FalFailure(kind, type: "its_own_word", message: "", acceptance: acceptance, resubmission: resubmission)
}

extension Deployment {
    /// Makes the entry rest from `now` on.
    fileprivate func coolDown(at now: Deadline, for time: Duration = .seconds(5)) {
        _ = note(failure(.unavailable), at: now, rule: CooldownRule(allowedFails: 0, time: time))
    }
}

extension Itinerary.Step {
    fileprivate var text: String {
        switch self {
        case .retry(let pause): "retry after \(pause)"
        case .fallback(let model): "fall back to \(model)"
        case .giveUp: "give up"
        }
    }
}

@Suite("Choosing a deployment") struct ChoosingTests {
    private static let pair = modelList(("m", "fal_ai/fal-ai/flux/dev", ""), ("m", "fal_ai/fal-ai/flux/schnell", ""))

    private func routing(_ models: String, settings: String = "") throws -> Routing {
        try Routing(configured(models + (settings.isEmpty ? "" : "router_settings: {\(settings)}\n")))
    }

    /// Where requests for `m` go when chance goes once through all its values.
    private func endpoints(_ routing: Routing, at now: Deadline) -> Set<String> {
        let group = routing.deployments(for: "m")
        let chosen = (0..<100).compactMap { routing.choice(among: group, at: now, draw: Double($0) / 100) }
        return Set(chosen.map(\.deployment.endpoint.id))
    }

    @Test("a deployment that is cooled down gets nothing, and comes back")
    func cooledDown() throws {
        let routing = try routing(ChoosingTests.pair)
        #expect(endpoints(routing, at: at(0)) == ["fal-ai/flux/dev", "fal-ai/flux/schnell"])
        routing.deployments(for: "m")[0].coolDown(at: at(0))
        #expect(endpoints(routing, at: at(4.9)) == ["fal-ai/flux/schnell"])
        #expect(endpoints(routing, at: at(5)) == ["fal-ai/flux/dev", "fal-ai/flux/schnell"])
    }

    @Test("when all are cooled down the one that comes back first is tried, and a single one always")
    func allCooledDown() throws {
        let routing = try routing(ChoosingTests.pair)
        routing.deployments(for: "m")[0].coolDown(at: at(0), for: .seconds(9))
        routing.deployments(for: "m")[1].coolDown(at: at(0), for: .seconds(5))
        #expect(endpoints(routing, at: at(1)) == ["fal-ai/flux/schnell"])
        let one = try self.routing(modelList(("m", "fal_ai/fal-ai/flux/dev", "")))
        one.deployments(for: "m")[0].coolDown(at: at(0))
        #expect(endpoints(one, at: at(1)) == ["fal-ai/flux/dev"])
    }

    @Test("a higher order serves while all of the lower ones are cooled down")
    func order() throws {
        let routing = try routing(
            modelList(("m", "fal_ai/fal-ai/flux/dev", "order: 1"), ("m", "fal_ai/fal-ai/flux/schnell", "order: 2")))
        #expect(endpoints(routing, at: at(0)) == ["fal-ai/flux/dev"])
        routing.deployments(for: "m")[0].coolDown(at: at(0))
        #expect(endpoints(routing, at: at(1)) == ["fal-ai/flux/schnell"])
        #expect(endpoints(routing, at: at(6)) == ["fal-ai/flux/dev"])
    }

    @Test("the keys of an entry are used in turn, without those that fal refuses")
    func keys() throws {
        let routing = try routing(modelList(("m", "fal_ai/fal-ai/flux/dev", "api_key: [a:1, b:2, c:3]")))
        let group = routing.deployments(for: "m")
        let tags = group.map(\.keyTag)
        #expect(Set(tags).count == 3)
        func next(at now: Deadline) -> KeyTag? { routing.choice(among: group, at: now)?.deployment.keyTag }
        let round = (0..<6).map { _ in next(at: at(0)) }
        #expect(Set(round.prefix(3)) == Set(tags.map(Optional.some)))
        #expect(Array(round.suffix(3)) == Array(round.prefix(3)))

        let news = group[1].note(failure(.balanceExhausted, .notAccepted, .never), at: at(0), rule: CooldownRule())
        #expect(news?.key == tags[1])
        #expect(Set((0..<6).map { _ in next(at: at(1)) }) == [tags[0], tags[2]])
        #expect(group[1].conditions(at: at(1)) == ["the fal account is locked or has no balance: passed over for another 119 s"])
        #expect(Set((0..<6).map { _ in next(at: at(120)) }).count == 3)
    }

    @Test("what fal says of a key holds wherever the key is used, what it says of its access only there")
    func sharedKeys() throws {
        let routing = try routing(
            modelList(("m", "fal_ai/fal-ai/flux/dev", "api_key: a:1"), ("n", "fal_ai/fal-ai/flux/schnell", "api_key: a:1")))
        let (m, n) = (routing.deployments(for: "m")[0], routing.deployments(for: "n")[0])
        _ = m.note(failure(.accessDenied), at: at(0), rule: CooldownRule())
        #expect(m.rest(at: at(1)) != nil)
        #expect(n.rest(at: at(1)) == nil)
        _ = m.note(failure(.keyRefused), at: at(0), rule: CooldownRule())
        #expect(n.rest(at: at(599)) == at(600))
        #expect(n.noteAcceptance()?.key == n.keyTag)
        #expect(n.rest(at: at(1)) == nil)
        #expect(m.rest(at: at(1)) == at(600))
    }

    @Test("no fault of a caller's trips anything", arguments: [
        FailureKind.invalidParameter, .unusableInput, .refusedContent, .nothingGenerated, .badRequest, .interrupted,
    ])
    func callers(kind: FailureKind) throws {
        let deployment = try routing(ChoosingTests.pair).deployments(for: "m")[0]
        for _ in 0..<100 { #expect(deployment.note(failure(kind, .accepted), at: at(0), rule: CooldownRule(allowedFails: 0)) == nil) }
        #expect(deployment.rest(at: at(0)) == nil)
    }

    @Test("one endpoint behind a wildcard says nothing of the others")
    func wildcards() throws {
        let routing = try routing(modelList(("*", "fal_ai/*", "api_key: [a:1, b:2]")))
        let deployment = routing.deployments(for: "fal-ai/flux/dev")[0]
        deployment.coolDown(at: at(0))
        _ = deployment.note(failure(.accessDenied), at: at(0), rule: CooldownRule())
        #expect(routing.deployments(for: "fal-ai/flux/schnell").allSatisfy { $0.rest(at: at(0)) == nil })
    }

    @Test("an rpm is a limit only where it is enforced; then 429 says when there is room")
    func rpm() throws {
        let models = modelList(("m", "fal_ai/fal-ai/flux/dev", "rpm: 1"))
        let free = try routing(models)
        for _ in 0..<5 { try free.begin(for: "m", at: at(0)).enter(at: at(0)) }
        let limited = try routing(models, settings: "optional_pre_call_checks: [enforce_model_rate_limits]")
        try limited.begin(for: "m", at: at(0)).enter(at: at(0))
        // Who sends nothing neither counts nor is refused.
        let full = try limited.begin(for: "m", at: at(15))
        #expect(throws: GatewayError.deploymentsFull(seconds: 45)) { try full.enter(at: at(15)) }
        try limited.begin(for: "m", at: at(60)).enter(at: at(60))
    }

    @Test("least-busy counts requests on their way")
    func leastBusy() throws {
        let routing = try routing(ChoosingTests.pair, settings: "routing_strategy: least-busy")
        let first = try routing.begin(for: "m", at: at(0))
        try first.enter(at: at(0))
        let second = try routing.begin(for: "m", at: at(0))
        #expect(first.deployment.id != second.deployment.id)
        withExtendedLifetime((first, second)) {}
    }

    @Test("a job's row leads back to its key")
    func journal() throws {
        let routing = try routing(
            modelList(
                ("m", "fal_ai/fal-ai/flux/dev", "api_key: [a:1, b:2]"), ("n", "fal_ai/fal-ai/flux/schnell", ""),
                ("any/*", "fal_ai/*", "api_key: [c:1, d:2]")))
        let all = routing.deployments(for: "m") + routing.deployments(for: "n") + routing.deployments(for: "any/fal-ai/recraft/v3")
        #expect(all.count == 5)
        for deployment in all {
            let found = routing.deployment(journaled: deployment.journalName, endpoint: deployment.endpoint.id)
            #expect(found?.id == deployment.id)
            #expect(found?.keyTag == deployment.keyTag)
            #expect(found?.endpoint == deployment.endpoint)
        }
        #expect(routing.deployments(for: "n")[0].journalName == routing.deployments(for: "n")[0].id)
        #expect(routing.deployment(journaled: "gone", endpoint: "fal-ai/flux/dev") == nil)
    }
}

@Suite("A request's way") struct ItineraryTests {
    private static let models = modelList(
        ("m", "fal_ai/fal-ai/flux/dev", "num_retries: 2, api_key: [a:1, b:2]"), ("b", "fal_ai/fal-ai/flux/schnell", "num_retries: 0"),
        ("c", "fal_ai/fal-ai/fast-sdxl", "num_retries: 0"))
    private static let fallbacks = "router_settings: {fallbacks: [{m: [b, c]}]}\n"

    private func routing(_ more: String = fallbacks) throws -> Routing {
        try Routing(configured(ItineraryTests.models + more))
    }

    @Test("retries, then the fallbacks in turn, then nothing")
    func whole() throws {
        var way = try routing().begin(for: "m", at: at(0))
        var seen = [way.deployment.keyTag]
        var steps: [String] = []
        for _ in 0..<8 {
            let step = way.next(after: failure(.unavailable), at: at(0))
            steps.append(step.text)
            if case .giveUp = step { break }
            seen.append(way.deployment.keyTag)
        }
        #expect(
            steps == [
                "retry after 0.0 seconds", "retry after 0.25 seconds", "fall back to b", "fall back to c", "give up",
            ])
        #expect(seen[0] != seen[1] && seen[1] == seen[2])
        #expect(way.retries == 2)
        #expect(way.fallbacks == 2)
        #expect(way.model == "c")
    }

    @Test("what may have been paid ends the way at once")
    func paid() throws {
        var way = try routing().begin(for: "m", at: at(0))
        #expect(way.next(after: failure(.submitOutcomeUnknown, .unknown, .never), at: at(0)).text == "give up")
        var brave = try routing(ItineraryTests.fallbacks + "general_settings: {retry_paid_failures: true}\n").begin(for: "m", at: at(0))
        #expect(brave.next(after: failure(.submitOutcomeUnknown, .unknown, .never), at: at(0)).text == "retry after 0.0 seconds")
    }

    @Test("a key that fal refuses is passed over even with num_retries 0")
    func passedOver() throws {
        let models = modelList(("m", "fal_ai/fal-ai/flux/dev", "num_retries: 0, api_key: [a:1, b:2, c:3]"))
        var way = try Routing(configured(models)).begin(for: "m", at: at(0))
        var tags = [way.deployment.keyTag]
        while case .retry = way.next(after: failure(.keyRefused, .notAccepted, .never), at: at(0)) { tags.append(way.deployment.keyTag) }
        #expect(Set(tags).count == 3)
        #expect(tags.count == 3)
        #expect(way.retries == 2)
    }

    @Test("a model whose deployments are all cooled down is served by its fallback, and else by itself")
    func cooledDown() throws {
        let routing = try routing()
        routing.deployments(for: "m")[0].coolDown(at: at(0))
        let way = try routing.begin(for: "m", at: at(1))
        #expect(way.model == "b")
        #expect(way.fallbacks == 1)
        for name in ["b", "c"] { routing.deployments(for: name)[0].coolDown(at: at(0)) }
        let last = try routing.begin(for: "m", at: at(1))
        #expect(last.model == "m")
        #expect(last.fallbacks == 0)
        #expect(try routing.begin(for: "m", at: at(5)).model == "m")
    }

    @Test("a fallback that is cooled down is left out")
    func cooledFallback() throws {
        let routing = try routing()
        routing.deployments(for: "b")[0].coolDown(at: at(0))
        var way = try routing.begin(for: "m", at: at(0))
        #expect(way.fallBack(at: at(1)).text == "fall back to c")
    }

    @Test("a job goes on only where its call fits, and what it tried is not tried again")
    func jobs() throws {
        let models = modelList(
            ("m", "fal_ai/fal-ai/flux/dev", "order: 1, api_key: [a:1, b:2]"), ("m", "fal_ai/fal-ai/flux/schnell", "order: 2"))
        var way = try Routing(configured(models)).begin(for: "m", at: at(0))
        var job = way.forJob(of: 2)
        #expect(job.next(after: failure(.keyRefused, .notAccepted, .never), at: at(0)).text == "retry after 0.0 seconds")
        #expect(job.next(after: failure(.keyRefused, .notAccepted, .never), at: at(0)).text == "give up")
        way.learn(from: job)
        #expect(way.next(after: failure(.keyRefused, .notAccepted, .never), at: at(0)).text == "retry after 0.0 seconds")
        #expect(way.deployment.endpoint.id == "fal-ai/flux/schnell")
        #expect(way.retries == 2)
        #expect(way.next(after: failure(.keyRefused, .notAccepted, .never), at: at(0)).text == "give up")
    }

    @Test("while it lives, the request counts where it stands, and nowhere else")
    func inFlight() throws {
        let routing = try routing()
        var way: Itinerary? = try routing.begin(for: "m", at: at(0))
        func count(_ name: String) -> Int { routing.deployments(for: name)[0].health.entry.snapshot(at: at(0)).inFlight }
        #expect((count("m"), count("b")) == (0, 0))
        try way?.enter(at: at(0))
        #expect((count("m"), count("b")) == (1, 0))
        _ = way?.fallBack(at: at(0))
        #expect((count("m"), count("b")) == (0, 1))
        way = nil
        #expect((count("m"), count("b")) == (0, 0))
    }

    @Test("an unknown model is none, whatever the default fallbacks are")
    func unknown() throws {
        let routing = try routing("router_settings: {default_fallbacks: [b]}\n")
        #expect(throws: GatewayError.modelNotFound("nope")) { _ = try routing.begin(for: "nope", at: at(0)) }
    }
}
