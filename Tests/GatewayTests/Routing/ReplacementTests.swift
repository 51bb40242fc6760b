import Fal
import Reactor
import Testing

@testable import Gateway

@Suite("A configuration in another's place") struct ReplacementTests {
    private static let first = modelList(("a", "fal_ai/fal-ai/flux/dev", "api_key: \"one:x\", max_parallel_requests: 1"))
        + "general_settings: {max_parallel_requests: 2}\n"
    private static let second = modelList(
        ("a", "fal_ai/fal-ai/flux/dev", "api_key: \"one:x\", max_parallel_requests: 2"),
        ("b", "fal_ai/fal-ai/flux/schnell", "api_key: \"two:x\""))
        + "general_settings: {max_parallel_requests: 1}\n"

    private func setup(_ yaml: String, replacing previous: Setup? = nil) throws -> Setup {
        try Setup(configured(yaml), catalog: .builtIn, replacing: previous)
    }

    @Test("cooldowns of entries and keys go on; new ones begin well")
    func health() throws {
        let old = try setup(Self.first)
        let before = try old.routing.deployment(for: "a")
        let now = Deadline.now
        #expect(before.health.entry.failed(at: now, rule: CooldownRule(allowedFails: 0)))
        #expect(before.health.key.cool(for: .refused, .seconds(60), at: now))
        let new = try setup(Self.second, replacing: old)
        let after = try new.routing.deployment(for: "a")
        #expect(after.conditions(at: now) == before.conditions(at: now))
        #expect(!after.conditions(at: now).isEmpty)
        #expect(try new.routing.deployment(for: "b").conditions(at: now).isEmpty)
    }

    @Test("requests that run count towards the new limits")
    func admission() throws {
        let old = try setup(Self.first)
        let place = try old.admission.enter()
        let there = try old.routing.deployment(for: "a").admission.enter()
        let new = try setup(Self.second, replacing: old)
        #expect(throws: GatewayError.tooManyRequests(limit: 1)) { try new.admission.enter() }
        let deployment = try new.routing.deployment(for: "a")
        let second = try deployment.admission.enter()
        #expect(throws: GatewayError.tooManyRequests(limit: 2)) { try deployment.admission.enter() }
        withExtendedLifetime((place, there, second)) {}
        #expect(new.admission.count == 1)
    }
}
