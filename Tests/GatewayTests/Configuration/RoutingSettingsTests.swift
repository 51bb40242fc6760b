import Testing

@testable import Gateway

@Suite("Routing settings") struct RoutingSettingsTests {
    private func router(_ settings: String) -> String {
        Reading.model(rest: "  - model_name: b\n    litellm_params: {model: fal_ai/a/b}\nrouter_settings:\n  \(settings)\n")
    }

    @Test("router_settings are read")
    func read() throws {
        let settings = try Reading.clean(
            router(
                """
                routing_strategy: latency-based-routing
                  allowed_fails: 0
                  cooldown_time: 1.5
                  retry_after: 2
                  max_fallbacks: 3
                  optional_pre_call_checks: [enforce_model_rate_limits]
                  fallbacks: [{flux: [b]}]
                  default_fallbacks: [flux]
                """)
        ).routing
        var expected = RoutingSettings(
            strategy: .latencyBased, cooldown: CooldownRule(allowedFails: 0, time: .milliseconds(1_500)), retryAfter: .seconds(2),
            enforcesRateLimits: true)
        expected.fallbacks.named = ["flux": ["b"]]
        expected.fallbacks.usual = ["flux"]
        expected.fallbacks.most = 3
        #expect(settings == expected)
    }

    @Test("the defaults are LiteLLM's, and nothing paid is retried")
    func defaults() throws {
        let settings = try Reading.clean(Reading.model()).routing
        #expect(settings.strategy == .simpleShuffle)
        #expect(settings.cooldown.allowedFails == 3)
        #expect(settings.cooldown.time == .seconds(5))
        #expect(settings.retryAfter == .zero)
        #expect(settings.fallbacks.isEmpty && settings.fallbacks.most == 5)
        #expect(!settings.retriesPaidFailures)
    }

    @Test("router_settings win over litellm_settings, list by list")
    func precedence() throws {
        let text = Reading.model(
            rest: """
                  - {model_name: b, litellm_params: {model: fal_ai/a/b}}
                litellm_settings: {allowed_fails: 7, cooldown_time: 9, fallbacks: [{b: [nope]}], default_fallbacks: [b]}
                router_settings: {cooldown_time: 0, fallbacks: [{flux: [b]}]}
                general_settings: {retry_paid_failures: true}
                """)
        let settings = try Reading.clean(text).routing
        #expect(settings.cooldown == CooldownRule(allowedFails: 7, time: .zero))
        #expect(settings.fallbacks.named == ["flux": ["b"]])
        #expect(settings.fallbacks.usual == ["b"])
        #expect(settings.retriesPaidFailures)
    }

    @Test("what cannot be honoured is said with its place", arguments: [
        ("routing_strategy: usage-based-routing", "8:21: router_settings.routing_strategy: warning: this strategy of LiteLLM's has no meaning for images; simple-shuffle is used"),
        ("routing_strategy: fastest", "8:21: router_settings.routing_strategy: this must be simple-shuffle or least-busy or latency-based-routing"),
        ("allowed_fails: -1", "8:18: router_settings.allowed_fails: this must be from 0 to 1000"),
        ("cooldown_time: 86401", "8:18: router_settings.cooldown_time: this must be a number of seconds, at most 86400"),
        ("optional_pre_call_checks: [router_budget_limiting]", "8:30: router_settings.optional_pre_call_checks[0]: warning: LiteLLM's check has no meaning here and is ignored"),
        ("fallbacks: [{flux: [bb]}]", "8:23: router_settings.fallbacks[0].flux[0]: no model has this name; did you mean b?"),
        ("fallbacks: [{flxu: [b]}]", "8:16: router_settings.fallbacks[0].flxu: warning: no model has this name, so its fallbacks are never used; did you mean flux?"),
        ("fallbacks: [{flux: [{model: b}]}]", "8:23: router_settings.fallbacks[0].flux[0]: a fallback is the name of a model: other parameters cannot be given here"),
        ("fallbacks: [{flux: [flux]}]", "8:23: router_settings.fallbacks[0].flux[0]: warning: a model is not its own fallback: this has no effect"),
        ("default_fallbacks: [nope]", "8:23: router_settings.default_fallbacks[0]: no model has this name"),
        ("fallbacks: {flux: [b]}", "8:14: router_settings.fallbacks: this must be a list, not a mapping"),
    ])
    func findings(setting: String, finding: String) {
        #expect(Reading.findings(router(setting)) == [finding])
    }

    @Test("fallbacks that lead back are told once, and do not stop the start")
    func loops() {
        let text = router("fallbacks: [{flux: [b]}, {b: [flux]}]")
        #expect(
            Reading.findings(text) == [
                "8:23: router_settings.fallbacks[0].flux[0]: warning: the fallbacks lead back: b -> flux -> b. No model is tried twice for one request"
            ])
        #expect(Reading.read(text).configuration != nil)
    }

    @Test("an image request does not fall back to what makes no images")
    func modes() {
        let text = Reading.model(
            rest: """
                  - {model_name: chat, litellm_params: {model: fal_ai/a/b}, model_info: {mode: chat}}
                router_settings: {fallbacks: [{flux: [chat]}]}
                """)
        #expect(
            Reading.findings(text) == [
                "6:39: router_settings.fallbacks[0].flux[0]: an image request cannot fall back to a model of mode chat"
            ])
    }

    @Test("a fallback may be an alias, an id, an endpoint or fit a wildcard", arguments: ["al", "my-id", "fal_ai/a/b", "any/x/y"])
    func names(name: String) throws {
        _ = try Reading.clean(
            Reading.model(
                rest: """
                      - {model_name: b, litellm_params: {model: fal_ai/a/b}, model_info: {id: my-id}}
                      - {model_name: any/*, litellm_params: {model: fal_ai/*}}
                    router_settings: {model_group_alias: {al: b}, fallbacks: [{flux: ["\(name)"]}]}
                    """))
    }

    @Test("an alias that leads nowhere is an error, one that a model hides a warning", arguments: [
        ("{al: flx}", "8:27: router_settings.model_group_alias.al: no model has this name; did you mean flux?"),
        ("{al: {model: nosuch, hidden: true}}", "8:35: router_settings.model_group_alias.al.model: no model has this name"),
        ("{al: be, be: b}", "8:27: router_settings.model_group_alias.al: this is an alias itself: write the model that it stands for"),
        ("{be: b, al: be}", "8:34: router_settings.model_group_alias.al: this is an alias itself: write the model that it stands for"),
        ("{al: b, b: flux}", "8:33: router_settings.model_group_alias.b: warning: a model has this name, so the alias is never used"),
        ("{b: flux}", "8:26: router_settings.model_group_alias.b: warning: a model has this name, so the alias is never used"),
    ])
    func aliases(aliases: String, finding: String) {
        #expect(Reading.findings(router("model_group_alias: \(aliases)")) == [finding])
    }

    @Test("an alias may stand for an id, an endpoint, or what fits a wildcard", arguments: ["my-id", "fal_ai/a/b", "any/x/y"])
    func aliasTargets(name: String) throws {
        let configuration = try Reading.clean(
            Reading.model(
                rest: """
                      - {model_name: b, litellm_params: {model: fal_ai/a/b}, model_info: {id: my-id}}
                      - {model_name: any/*, litellm_params: {model: fal_ai/*}}
                    router_settings: {model_group_alias: {al: "\(name)"}}
                    """))
        #expect(try Routing(configuration).deployments(for: "al").count == 1)
    }

    @Test("several fal keys stand in a list")
    func keys() throws {
        var environment = Reading.key
        environment["SECOND"] = "two:2"
        let model = try #require(
            try Reading.clean(Reading.model(parameters: "api_key: [one:1, os.environ/SECOND]"), environment: environment).models.first)
        #expect(model.falKeys == [Secret("one:1"), Secret("two:2")])
    }

    @Test("a wrong list of keys is told without the keys", arguments: [
        ("api_key: []", "5:16: model_list[0].litellm_params.api_key: a list of fal keys needs at least one"),
        ("api_key: [a:1, a:1]", "5:22: model_list[0].litellm_params.api_key[1]: warning: this fal key stands in the list already"),
        ("api_key: [a:1, 'b 2']", "5:22: model_list[0].litellm_params.api_key[1]: the fal key has blanks, control characters or non-ASCII letters: it is not one"),
        ("api_keys: [a:1]", "5:17: model_list[0].litellm_params.api_keys: several fal keys are a list under api_key"),
    ])
    func wrongKeys(parameter: String, finding: String) {
        #expect(Reading.findings(Reading.model(parameters: parameter)) == [finding])
    }
}
