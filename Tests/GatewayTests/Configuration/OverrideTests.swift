import Fal
import JSON
import Testing

@testable import Gateway

@Suite("model_info over a profile") struct OverrideTests {
    private static func model(_ info: String, endpoint: String = "fal-ai/flux/dev") -> String {
        let lines = info.split(separator: "\n").map { "\n      \($0)" }.joined()
        return "model_list:\n  - model_name: m\n    litellm_params: {model: fal_ai/\(endpoint)}\n    model_info:\(lines)\n"
    }

    private func profile(_ info: String, endpoint: String = "fal-ai/flux/dev") throws -> EndpointProfile {
        try Routing(Reading.clean(Self.model(info, endpoint: endpoint))).deployment(for: "m").profile
    }

    @Test("any key of a profile may be given anew, null included; the others stay")
    func replaced() throws {
        let flux = try #require(ProfileCatalog.builtIn[try Endpoint("fal-ai/flux/dev")])
        let changed = try profile(
            """
            images: null
            sync_mode: false
            choices: {style: {values: [oil, ink], default: ink}}
            size: {by: image_size, presets: [square_hd], default: square_hd, limits: {edge: [512, 2048]}}
            """)
        #expect(changed.count == .single)
        #expect(!changed.hasSyncMode)
        #expect(Array(changed.choices.keys) == ["style"])
        #expect(changed.choices["style"]?.values == ["oil", "ink"])
        guard case .imageSize(let size) = changed.size else {
            Issue.record("\(changed.size)")
            return
        }
        #expect(size.limits.edge == 512...2048)
        #expect(changed.format == flux.format)
        #expect(changed.origin == .catalogue)
    }

    @Test("an unlisted endpoint may be described, and stays unlisted for the rest")
    func unlisted() throws {
        let described = try profile(
            "format: {parameter: format, values: [png]}\nparameters: [quality]", endpoint: "acme/picture")
        #expect(described.origin == .unlisted)
        #expect(described.format?.parameter == "format")
        let plan = try described.plan(
            ImageParameters(prompt: "x", wishes: ["output_format": "png", "quality": "high", "style": "ink"]))
        #expect(plan.calls.first?.input == ["prompt": "x", "format": "png", "quality": "high", "style": "ink"])
    }

    @Test("what is learned later is overridden, too")
    func learned() throws {
        let configuration = try Reading.clean(Self.model("sync_mode: true", endpoint: "acme/picture"))
        let deployment = try Routing(configuration).deployment(for: "m")
        let profile = try EndpointProfile(
            row: ["id": "acme/picture", "task": "x", "seed": true, "output": ["field": "images"]], origin: .learned)
        let known = deployment.knowing(profile)
        #expect(known.profile.origin == .learned)
        #expect(known.profile.hasSeed)
        #expect(known.profile.hasSyncMode)
        #expect(known.admission === deployment.admission)
    }

    @Test("a value that cannot be read is an error with its place", arguments: [
        ("size: {by: guess}", "5:18: model_list[0].model_info.size.by: 'guess' is no way to tell a size"),
        ("size: {by: aspect_ratio, values: [1, 2]}", "5:40: model_list[0].model_info.size.values: is not a list of strings"),
        ("images: 3", "5:15: model_list[0].model_info.images: is not an object"),
        ("images: {parameter: n}", "5:15: model_list[0].model_info.images: is missing"),
        ("choices: {a.b: {values: [x], default: y}}", "5:45: model_list[0].model_info.choices[\"a.b\"].default: is none of the values"),
        ("seed: maybe", "5:13: model_list[0].model_info.seed: is neither true nor false"),
        ("output: null", "5:15: model_list[0].model_info.output: is missing"),
        ("maximum_inputs: 0", "5:23: model_list[0].model_info.maximum_inputs: is not a positive integer"),
    ])
    func wrong(info: String, finding: String) {
        #expect(Reading.findings(Self.model(info)) == [finding])
    }

    @Test("a misspelt key is named, and an error where everything is meant strictly", arguments: [
        ("chioces: {}", "choices"), ("formt: null", "format"), ("sizes: null", "size"), ("nsfw_polcy: error", "nsfw_policy"),
        ("size_polcy: exact", "size_policy"), ("base_modle: fal-ai/flux/dev", "base_model"), ("output_cost_per_imgae: 1", "output_cost_per_image"),
    ])
    func misspelt(info: String, meant: String) {
        let text = Self.model(info)
        let place = "5:7: model_list[0].model_info.\(info.prefix { $0 != ":" }): "
        let message = "nothing is known by this key; did you mean \(meant)?"
        #expect(Reading.findings(text) == [place + "warning: " + message])
        #expect(Reading.findings(text, strictness: .strict) == [place + message])
        #expect(Reading.read(text, strictness: .strict).configuration == nil)
    }

    @Test("keys of somebody else are not taken for mistyped ones", arguments: [
        "team_id", "team_public_model_name", "tier", "db_model", "key", "created_at", "created_by", "updated_at", "access_groups",
        "max_tokens", "max_input_tokens", "max_output_tokens", "litellm_provider", "supports_vision", "supported_endpoints",
        "supported_openai_params", "health_check_model", "health_check_timeout", "metadata", "source", "deprecation_date", "note",
        "region", "owner", "description", "display_name", "max_images_per_prompt", "rpm", "tpm", "output_vector_size", "cost_center",
    ])
    func foreign(key: String) {
        #expect(Reading.findings(Self.model("\(key): null"), strictness: .strict) == [])
        #expect(Reading.findings(Self.model("\(key): x"), strictness: .strict) == [])
    }

    @Test("learning has a switch and two addresses")
    func settings() throws {
        let rest = "general_settings: {learn_models: true, openapi_base: 'http://127.0.0.1:9/site/', pricing_base: https://prices.example}"
        let configuration = try Reading.clean(Reading.model(rest: rest))
        #expect(configuration.learnsModels)
        #expect(configuration.documentBase == "http://127.0.0.1:9/site")
        #expect(configuration.priceBase == "https://prices.example")
        let usual = try Reading.clean(Reading.model())
        #expect(!usual.learnsModels)
        #expect(usual.documentBase == "https://fal.ai")
        #expect(usual.priceBase == "https://api.fal.ai")
        #expect(
            Reading.findings(Reading.model(rest: "general_settings: {pricing_base: ftp://x}"))
                == ["5:34: general_settings.pricing_base: this must be a URL like https://fal.ai, without user, query and fragment"])
    }
}
