import Fal
import JSON
import Testing

@testable import Gateway

@Suite("Routing") struct RoutingTests {
    private func endpoint(_ name: String, in yaml: String) throws -> String? {
        try Routing(configured(yaml)).deployments(for: name).first?.endpoint.id
    }

    private let usual = modelList(
        ("flux", "fal_ai/fal-ai/flux/dev", ""), ("any/*", "fal_ai/*", ""), ("any/fal-ai/flux-*", "fal_ai/fal-ai/flux-2-*", ""))

    @Test(
        "a name goes to the first of: model, endpoint of a deployment, longest wildcard",
        arguments: [
            ("flux", "fal-ai/flux/dev"), ("fal_ai/fal-ai/flux/dev", "fal-ai/flux/dev"),
            ("any/fal-ai/recraft/v3/text-to-image", "fal-ai/recraft/v3/text-to-image"),
            ("any/fal-ai/flux-pro", "fal-ai/flux-2-pro"), ("Flux", nil), ("flux ", nil), ("fal-ai/flux/dev", nil),
            ("fal_ai/fal-ai/flux/schnell", nil), ("any/..", nil), ("any/a b/c", nil), ("", nil),
        ] as [(String, String?)])
    func order(name: String, expected: String?) throws {
        #expect(try endpoint(name, in: usual) == expected)
    }

    @Test("a deployment answers to its id, too")
    func id() throws {
        let routing = try Routing(
            configured(
                """
                model_list:
                  - model_name: flux
                    litellm_params: {model: fal_ai/fal-ai/flux/dev}
                    model_info: {id: my-flux}
                """))
        #expect(routing.deployments(for: "my-flux").map(\.id) == ["my-flux"])
    }

    @Test("an alias stands for its model; a hidden one is not listed")
    func aliases() throws {
        let routing = try Routing(
            configured(
                modelList(("flux", "fal_ai/fal-ai/flux/dev", ""))
                    + "router_settings:\n  model_group_alias:\n    dall-e-3: flux\n    secret: {model: flux, hidden: true}\n"))
        #expect(routing.deployments(for: "dall-e-3").first?.endpoint.id == "fal-ai/flux/dev")
        #expect(routing.deployments(for: "secret").first?.endpoint.id == "fal-ai/flux/dev")
        #expect(routing.listedNames == ["flux", "dall-e-3"])
    }

    @Test("an entry with aliases counts once; every key is there to be asked about, a wildcard's too")
    func counted() throws {
        let routing = try Routing(
            configured(
                modelList(("flux", "fal_ai/fal-ai/flux/dev", "api_key: [a:1, b:2]"), ("any/*", "fal_ai/*", "api_key: c:3"))
                    + "router_settings: {model_group_alias: {one: flux, two: flux, three: any/x/y}}\n"))
        #expect(routing.all.deployments.map(\.endpoint.id) == ["fal-ai/flux/dev", "fal-ai/flux/dev"])
        #expect(Set(routing.everyKey.map(\.keyTag)).count == 3)
    }

    @Test("an alias may stand for a name that only a wildcard serves")
    func aliasOfWildcard() throws {
        let yaml = modelList(("fal_ai/*", "fal_ai/*", ""))
            + "router_settings:\n  model_group_alias:\n    dall-e-3: fal_ai/fal-ai/flux/dev\n"
        #expect(try endpoint("dall-e-3", in: yaml) == "fal-ai/flux/dev")
    }

    @Test("ids that leave out fal's own owner are completed where that names a known endpoint")
    func completion() throws {
        #expect(try endpoint("m", in: modelList(("m", "fal_ai/flux/schnell", ""))) == "fal-ai/flux/schnell")
        #expect(try endpoint("m", in: modelList(("m", "fal_ai/bria/text-to-image/3.2", ""))) == "bria/text-to-image/3.2")
        #expect(try endpoint("m", in: modelList(("m", "fal_ai/somebody/model", ""))) == "somebody/model")
    }

    @Test("requests are shared by weight, rpm or tpm, and never go to a weight of zero", arguments: ["weight", "rpm", "tpm"])
    func weights(key: String) throws {
        let routing = try Routing(
            configured(
                modelList(
                    ("m", "fal_ai/fal-ai/flux/dev", "\(key): 3"), ("m", "fal_ai/fal-ai/flux/schnell", "\(key): 1"),
                    ("m", "fal_ai/fal-ai/fast-sdxl", "weight: 0"))))
        var counts: [String: Int] = [:]
        for _ in 0..<4_000 { counts[try routing.deployment(for: "m").endpoint.id, default: 0] += 1 }
        #expect(counts["fal-ai/fast-sdxl"] == nil)
        // Ten standard deviations around 3,000.
        #expect((2_726...3_274).contains(counts["fal-ai/flux/dev"] ?? 0))
    }

    @Test("a lower order is taken first")
    func tiers() throws {
        let routing = try Routing(
            configured(
                modelList(
                    ("m", "fal_ai/fal-ai/flux/dev", "order: 2"), ("m", "fal_ai/fal-ai/flux/schnell", "order: 1"))))
        #expect(try routing.deployment(for: "m").endpoint.id == "fal-ai/flux/schnell")
    }

    @Test("an unlisted endpoint has the profile of its base model, and is called by its own id")
    func baseModel() throws {
        let routing = try Routing(
            configured(modelList(("m", "fal_ai/somebody/flux", "base_model: fal-ai/flux/dev"))))
        let deployment = try routing.deployment(for: "m")
        #expect(deployment.endpoint.id == "somebody/flux")
        #expect(deployment.profile.endpoint.id == "fal-ai/flux/dev")
        #expect(deployment.price.isKnown)
    }

    @Test("an unknown model is an error that names it")
    func unknown() throws {
        let routing = try Routing(configured(usual))
        #expect(throws: GatewayError.modelNotFound("nope")) { try routing.deployment(for: "nope") }
    }
}
