import Foundation
import JSON
import Testing

@testable import Gateway

@Suite("Known keys") struct KnownKeysTests {
    @Test("an unknown key is a warning with its line and the nearest known key", arguments: [
        ("model_lst: []", "5:1: model_lst: warning: unknown key; did you mean model_list?"),
        ("litellm_settings: {drop_parms: true}", "5:20: litellm_settings.drop_parms: warning: unknown key; did you mean drop_params?"),
        ("general_settings: {databse_url: x}", "5:20: general_settings.databse_url: warning: unknown key; did you mean database_url?"),
        ("router_settings: {entirely_new: 1}", "5:19: router_settings.entirely_new: warning: unknown key"),
        ("\"odd\\nkey\": 1", "5:1: [\"odd?key\"]: warning: unknown key"),
    ])
    func unknown(line: String, finding: String) {
        let text = Reading.model(rest: line)
        #expect(Reading.findings(text) == [finding])
        #expect(Reading.read(text).configuration != nil)
        #expect(Reading.findings(text, strictness: .strict) == [finding.replacingFirst("warning: ", with: "")])
        #expect(Reading.read(text, strictness: .strict).configuration == nil)
    }

    @Test("strict_config makes unknown keys errors", arguments: ["strict_config: true\nfoo_bar: 1", "foo_bar: 1\ngeneral_settings: {strict_config: true}"])
    func strictConfig(rest: String) {
        #expect(Reading.read(Reading.model(rest: rest)).findings.map(\.severity) == [.error])
    }

    @Test("a key beside the model that is nearly a setting is pointed out")
    func nearSetting() {
        let text = Reading.model(parameters: "api_kye: s3cret\nguidance_scale: 3\nseed: 1\nstyle: x\nnum_images: 2\ntimout: 3")
        #expect(
            Reading.findings(text) == [
                "5:7: model_list[0].litellm_params.api_kye: warning: this key is sent to fal as a parameter; did you mean api_key?",
                "10:7: model_list[0].litellm_params.timout: warning: this key is sent to fal as a parameter; did you mean timeout?",
            ])
    }

    @Test("parameters of fal's models are not taken for mistyped settings", arguments: [
        "prompt", "negative_prompt", "image_size", "aspect_ratio", "num_images", "num_inference_steps", "guidance_scale", "seed",
        "enable_safety_checker", "safety_tolerance", "output_format", "sync_mode", "style", "style_id", "colors", "strength",
        "resolution", "image_url", "image_urls", "mask_url", "loras", "controlnets", "acceleration", "expand_prompt", "format",
        "enhance_prompt", "rendering_speed", "raw", "scheduler", "image_prompt_strength", "num_results", "quality", "background",
        "response_format", "user", "size", "n", "steps", "model_name", "scale", "cfg_scale", "shift", "medium",
    ])
    func falParameters(name: String) throws {
        let model = try #require(try Reading.clean(Reading.model(parameters: "\(name): 1")).models.first)
        #expect(model.defaults.keys == [name])
    }

    @Test("LiteLLM's settings without a meaning here are one warning each, not one a model")
    func ignoredOnce() {
        let entry = "  - model_name: a\n    litellm_params: {model: fal_ai/a/b, stream_timeout: 3, vertex_project: x}\n    model_info: {input_cost_per_token: 0.1}\n"
        let text = "model_list:\n" + entry + entry + "litellm_settings: {cache: true, set_verbose: true}\nrouter_settings: {retry_policy: {}}\n"
        let messages = Reading.findings(text)
        #expect(messages.count == 6)
        #expect(messages.allSatisfy { $0.hasSuffix("warning: LiteLLM's setting has no meaning here and is ignored") })
        #expect(Reading.findings(text, strictness: .strict) == messages)
    }

    @Test("a setting that is another one here says which", arguments: [
        ("general_settings: {cancel_on_disconnect: true}", "general_settings.on_disconnect: cancel"),
        ("general_settings: {image_generation_model: flux}", "router_settings.model_group_alias, for the names that clients send"),
        ("litellm_settings: {require_auth_for_metrics_endpoint: false}", "general_settings.metrics"),
        ("router_settings: {default_litellm_params: {}}", "litellm_settings (drop_params, num_retries, request_timeout)"),
    ])
    func counterparts(line: String, counterpart: String) {
        let messages = Reading.read(Reading.model(rest: line)).findings.map(\.message)
        #expect(messages == ["LiteLLM's setting has no meaning here and is ignored; here it is \(counterpart)"])
    }

    @Test("LiteLLM's own prices are not taken for mistyped ones", arguments: [
        "input_cost_per_token", "output_cost_per_token", "output_cost_per_second", "input_cost_per_second", "input_cost_per_pixel",
        "input_cost_per_query", "output_cost_per_image_token", "output_cost_per_image_premium_image", "input_cost_per_character",
        "output_cost_per_image_above_1024_and_1024_pixels", "input_cost_per_image_above_128k_tokens", "input_cost_per_audio_token",
        "output_cost_per_video_per_second", "output_cost_per_reasoning_token", "cache_read_input_token_cost", "litellm_trace_id",
    ])
    func foreignPrices(key: String) {
        let findings = Reading.findings(Reading.model(parameters: "\(key): 0.1"), strictness: .strict)
        #expect(findings == ["5:7: model_list[0].litellm_params.\(key): warning: LiteLLM's setting has no meaning here and is ignored"])
    }

    @Test("a misspelt price is none of LiteLLM's", arguments: ["output_cost_per_imgae", "output_cost_per_images", "ouput_cost_per_image"])
    func misspeltPrice(key: String) {
        #expect(
            Reading.findings(Reading.model(parameters: "\(key): 0.1"), strictness: .strict) == [
                "5:7: model_list[0].litellm_params.\(key): this key is sent to fal as a parameter; did you mean output_cost_per_image?"
            ])
    }

    @Test("a setting that restricts something in LiteLLM says that nothing is enforced", arguments: [
        "general_settings: {allowed_ips: [10.0.0.1]}", "litellm_settings: {max_budget: 10}", "general_settings: {custom_auth: a.b}",
    ])
    func unenforced(line: String) {
        let findings = Reading.findings(Reading.model(rest: line))
        #expect(findings.count == 1)
        #expect(findings.first?.contains("not enforced here") == true)
    }

    @Test("include is refused: what it brings along would be missing")
    func include() {
        let text = Reading.model(rest: "include:\n  - other.yaml")
        #expect(Reading.findings(text) == ["6:3: include: other files are not included: put everything into this one"])
        #expect(Reading.read(text).configuration == nil)
    }

    @Test("top-level keys that begin with x- hold what is shared and are not reported")
    func extensions() throws {
        _ = try Reading.clean("x-shared: &s {timeout: 5}\n" + Reading.model(parameters: "<<: *s"))
    }

    @Test("every honoured key is read: none of them is reported as unknown or without a meaning", arguments: [
        (KnownKeys.litellm, "litellm_settings"), (KnownKeys.router, "router_settings"), (KnownKeys.general, "general_settings"),
    ])
    func honouredIsRead(keys: KnownKeys, section: String) {
        for key in keys.honoured {
            let messages = Reading.read(Reading.model(rest: "\(section): {\(key): [{wrong: 1}]}")).findings.map(\.message)
            #expect(messages.allSatisfy { !$0.contains("unknown") && !$0.contains("no meaning") }, "\(key)")
            #expect(!messages.isEmpty, "\(key) takes any value")
        }
    }

    @Test("every honoured key of an entry is read", arguments: [
        (KnownKeys.parameters, "litellm_params"), (KnownKeys.info, "model_info"),
    ])
    func honouredOfEntryIsRead(keys: KnownKeys, section: String) {
        for key in keys.honoured {
            let value = "{\(key): [{wrong: 1}]}"
            let sections = section == "litellm_params" ? "litellm_params: \(value)" : "litellm_params: {model: fal_ai/a/b}\n    model_info: \(value)"
            let findings = Reading.read("model_list:\n  - model_name: a\n    \(sections)\n").findings
            let messages = findings.filter { $0.path.contains(".\(key)") }.map(\.message)
            #expect(messages.allSatisfy { !$0.contains("known") && !$0.contains("no meaning") && !$0.contains("parameter;") }, "\(key)")
            #expect(!messages.isEmpty, "\(key) takes any value")
        }
    }

    @Test("docs/configuration.md names every honoured key", arguments: [
        KnownKeys.document, .model, .parameters, .info, .litellm, .router, .general,
    ])
    func documented(keys: KnownKeys) throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/configuration.md")
        let words = try String(contentsOf: page, encoding: .utf8).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        let missing = keys.honoured.subtracting(words.map(String.init))
        #expect(missing.isEmpty)
    }

    @Test("no key is listed twice")
    func disjoint() {
        for keys in [KnownKeys.document, .model, .parameters, .info, .litellm, .router, .general] {
            #expect(keys.honoured.isDisjoint(with: keys.ignored.union(keys.unenforced)))
            #expect(keys.ignored.isDisjoint(with: keys.unenforced))
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
