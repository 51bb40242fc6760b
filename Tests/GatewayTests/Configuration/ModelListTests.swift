import JSON
import Money
import Testing

@testable import Gateway

@Suite("model_list") struct ModelListTests {
    @Test("the config of fal's LiteLLM page loads as it stands")
    func litellmPage() throws {
        let configuration = try Reading.clean(
            """
            model_list:
              - model_name: flux-ultra
                litellm_params:
                  model: fal_ai/fal-ai/flux-pro/v1.1-ultra
                  api_key: os.environ/FAL_AI_API_KEY
                model_info:
                  mode: image_generation
              - model_name: imagen4
                litellm_params:
                  model: fal_ai/fal-ai/imagen4/preview
                  api_key: os.environ/FAL_AI_API_KEY

            general_settings:
              master_key: sk-abcd
            """)
        #expect(configuration.models.map(\.name.description) == ["flux-ultra", "imagen4"])
        #expect(configuration.models.map(\.endpoint.endpoint) == ["fal-ai/flux-pro/v1.1-ultra", "fal-ai/imagen4/preview"])
        #expect(configuration.models.map { $0.falKey.reveal() } == ["fal-test-key", "fal-test-key"])
        #expect(configuration.models.map(\.apiBase) == ["https://queue.fal.run", "https://queue.fal.run"])
        #expect(configuration.models.first?.mode == "image_generation")
        #expect(configuration.masterKey?.reveal() == "sk-abcd")
    }

    @Test("every setting of a deployment is read")
    func settings() throws {
        let text = Reading.model(
            parameters: """
                api_key: fal-own
                api_base: http://127.0.0.1:9100/some/prefix/
                timeout: 12.5
                num_retries: 0
                extra_headers: {X-Fal-Store-IO: "0"}
                drop_params: false
                additional_drop_params: [seed, style]
                weight: 2
                order: 1
                rpm: 10
                tpm: 1000
                max_parallel_requests: 3
                base_model: fal_ai/fal-ai/flux/schnell
                """)
        let model = try #require(try Reading.clean(text).models.first)
        #expect(model.falKey == Secret("fal-own"))
        #expect(model.apiBase == "http://127.0.0.1:9100/some/prefix")
        #expect(model.timeout == .milliseconds(12_500))
        #expect(model.retries == 0)
        #expect(model.extraHeaders == [ExtraHeader(name: "X-Fal-Store-IO", value: Secret("0"))])
        #expect(model.unsupportedParameters == .refuse)
        #expect(model.droppedParameters == ["seed", "style"])
        #expect(model.weight == 2)
        #expect(model.order == 1)
        #expect(model.requestsPerMinute == 10)
        #expect(model.tokensPerMinute == 1000)
        #expect(model.maximumParallelRequests == 3)
        #expect(model.baseModel == "fal-ai/flux/schnell")
        #expect(model.defaults.isEmpty)
    }

    @Test("every other key is a default parameter for fal, numbers as written")
    func defaults() throws {
        let text = Reading.model(
            parameters: """
                guidance_scale: 3.50
                seed: 12345678901234567890
                size: 1024x1024
                n: 2
                enable_safety_checker: false
                image_size: {width: 1024, height: 768}
                loras: [{path: os.environ/LORA, scale: 0.8}]
                negative_prompt:
                empty: []
                extra_body:
                  seed: 7
                  sync_mode: true
                """)
        let environment = Reading.key.merging(["LORA": "https://example.com/a"]) { a, _ in a }
        let model = try #require(try Reading.clean(text, environment: environment).models.first)
        #expect(
            String(decoding: model.defaults.serialized(), as: UTF8.self)
                == #"{"guidance_scale":3.50,"seed":7,"size":"1024x1024","n":2,"enable_safety_checker":false,"image_size":{"width":1024,"height":768},"loras":[{"path":"https://example.com/a","scale":0.8}],"sync_mode":true}"#
        )
    }

    @Test("settings of LiteLLM's never become parameters for fal")
    func ownedByLiteLLM() throws {
        let text = Reading.model(parameters: "metadata: {a: 1}\ntags: [x]\naws_region_name: eu\nmax_retries: 3\nstream_timeout: 5")
        let (configuration, findings) = Reading.read(text)
        #expect(configuration?.models.first?.defaults.isEmpty == true)
        #expect(findings.count == 5)
        #expect(findings.allSatisfy { $0.severity == .warning && $0.message.contains("no meaning here") })
    }

    @Test("prices are exact, and those beside the model win")
    func prices() throws {
        let text = Reading.model(
            parameters: "output_cost_per_image: 0.13\ninput_cost_per_image: \"0.14\"\noutput_cost_per_image_2K: 0.2",
            rest: "    model_info:\n      output_cost_per_image: 0.11\n      output_cost_per_pixel: 2.384185791015625e-08")
        let price = try #require(try Reading.clean(text).models.first).price
        #expect(price.perImage == UnitPrice(dollars: "0.13"))
        #expect(price.inputPerImage == UnitPrice(dollars: "0.14"))
        #expect(price.perPixel == UnitPrice(dollars: "0.00000002384185791015625"))
        #expect(price.perImageAtResolution == ["2K": try #require(UnitPrice(dollars: "0.2"))])
        #expect(CustomPrice().isEmpty)
    }

    @Test("model_info is kept as written")
    func info() throws {
        let text = Reading.model(
            rest: "    model_info:\n      id: my-id\n      mode: image_generation\n      base_model: fal_ai/fal-ai/flux/dev\n      team: {a: [1, 2.0]}")
        let model = try #require(try Reading.clean(text).models.first)
        #expect(model.id == "my-id")
        #expect(model.mode == "image_generation")
        #expect(model.baseModel == "fal-ai/flux/dev")
        #expect(
            String(decoding: model.info.serialized(), as: UTF8.self)
                == #"{"id":"my-id","mode":"image_generation","base_model":"fal_ai/fal-ai/flux/dev","team":{"a":[1,2.0]}}"#)
    }

    @Test("deployments without an id get one that stays the same and is unique")
    func generatedIDs() throws {
        let entry = "  - model_name: a\n    litellm_params: {model: fal_ai/fal-ai/flux/dev}\n"
        let ids = try Reading.clean("model_list:\n" + entry + entry).models.map(\.id)
        #expect(Set(ids).count == 2)
        #expect(ids.allSatisfy { $0.utf8.count == 16 })
        #expect(try Reading.clean("# moved\nmodel_list:\n" + entry).models.first?.id == ids.first)
    }

    @Test("a model's own settings win over router_settings, those over litellm_settings", arguments: [
        ("", "", "", 600, 2), ("", "", "{request_timeout: 30, num_retries: 5}", 30, 5),
        ("", "{timeout: 20, num_retries: 4}", "{request_timeout: 30, num_retries: 5}", 20, 4),
        ("timeout: 10\nnum_retries: 3", "{timeout: 20, num_retries: 4}", "{request_timeout: 30, num_retries: 5}", 10, 3),
    ])
    func precedence(own: String, router: String, litellm: String, seconds: Int, retries: Int) throws {
        let rest = "litellm_settings: \(litellm)\nrouter_settings: \(router)"
        let model = try #require(try Reading.clean(Reading.model(parameters: own, rest: rest)).models.first)
        #expect(model.timeout == .seconds(seconds))
        #expect(model.retries == retries)
    }

    @Test("a wrong model is an error with its place", arguments: [
        ("- litellm_params: {model: fal_ai/a/b}", "2:3: model_list[0].model_name: a model needs a model_name"),
        ("- model_name: ''\n  litellm_params: {model: fal_ai/a/b}", "2:15: model_list[0].model_name: this must not be empty"),
        ("- model_name: 3\n  litellm_params: {model: fal_ai/a/b}", "2:15: model_list[0].model_name: this must be text, not a number: put quotes around it"),
        ("- model_name: a*b*\n  litellm_params: {model: fal_ai/a/b}", "2:15: model_list[0].model_name: a model_name has at most one *"),
        ("- model_name: a", "2:3: model_list[0].litellm_params: a model needs litellm_params"),
        ("- model_name: a\n  litellm_params:", "3:17: model_list[0].litellm_params: this must be a mapping with the model"),
        ("- model_name: a\n  litellm_params: {n: 1}", "3:19: model_list[0].litellm_params.model: litellm_params needs a model, such as fal_ai/fal-ai/flux/dev"),
        ("- model_name: a\n  litellm_params: {model: fal-ai/flux/dev}", "3:27: model_list[0].litellm_params.model: the provider is missing: write fal_ai/ before the id of fal's endpoint, such as fal_ai/fal-ai/flux/dev"),
        ("- model_name: a\n  litellm_params: {model: openai/gpt-image-1}", "3:27: model_list[0].litellm_params.model: only models of fal are served: the model begins with fal_ai/, such as fal_ai/fal-ai/flux/dev"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/../b}", "3:27: model_list[0].litellm_params.model: behind fal_ai/ stands the id of an endpoint of fal's, such as fal-ai/flux/dev, with at most one *"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/*}", "3:27: model_list[0].litellm_params.model: a model with * needs a model_name with *"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, timeout: -1}", "3:48: model_list[0].litellm_params.timeout: this must be a number of seconds, more than 0 and at most 604800"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, timeout: soon}", "3:48: model_list[0].litellm_params.timeout: this must be a number, not text"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, num_retries: 1.5}", "3:52: model_list[0].litellm_params.num_retries: this must be a whole number"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, rpm: 0}", "3:44: model_list[0].litellm_params.rpm: this must be 1 or more"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, weight: -2}", "3:47: model_list[0].litellm_params.weight: this must be 0 or more"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, scale: .inf}", "3:46: model_list[0].litellm_params.scale: JSON has no such number"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, output_cost_per_image_: 1}", "3:63: model_list[0].litellm_params.output_cost_per_image_: the resolution is missing, such as output_cost_per_image_2K"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, output_cost_per_image: -1}", "3:62: model_list[0].litellm_params.output_cost_per_image: this must be a number of dollars, 0 or more"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, extra_headers: {Authorization: x}}", "3:70: model_list[0].litellm_params.extra_headers.Authorization: this header is set by the gateway itself"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, extra_headers: {X-A: \"b\\r\\nc\"}}", "3:60: model_list[0].litellm_params.extra_headers.X-A: the value of a header has no control characters and no blanks around it"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, mock_response: x}", "3:54: model_list[0].litellm_params.mock_response: answers without fal are not supported: this model would make paid calls"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, litellm_credential_name: x}", "3:64: model_list[0].litellm_params.litellm_credential_name: credentials by name are not supported: put api_key here"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, api_base: ftp://x}", "3:49: model_list[0].litellm_params.api_base: this must be a URL like https://queue.fal.run, without user, query and fragment"),
        ("- model_name: a\n  litellm_params: {model: fal_ai/a/b, 5: x}", "3:39: model_list[0].litellm_params: a key must be text, not a number: put quotes around it"),
        ("- flux", "2:3: model_list[0]: a model is a mapping with model_name and litellm_params"),
    ])
    func wrongModel(entry: String, finding: String) {
        let (configuration, _) = Reading.read("model_list:\n\(entry)")
        #expect(configuration == nil)
        #expect(Reading.findings("model_list:\n\(entry)") == [finding])
    }

    @Test("an id that stands twice is an error at the second")
    func duplicateID() {
        let entry = "  - model_name: a\n    litellm_params: {model: fal_ai/a/b}\n    model_info: {id: x}\n"
        #expect(Reading.findings("model_list:\n" + entry + entry) == ["7:22: model_list[1].model_info.id: this id stands in line 4 already"])
    }

    @Test("a value that is read twice is reported once")
    func reportedOnce() {
        let text = Reading.model(rest: "    model_info: {id: os.environ/NONE}")
        #expect(Reading.findings(text) == ["5:22: model_list[0].model_info.id: the environment variable NONE is not set"])
    }

    @Test("every finding is given, in the order of the file")
    func allFindings() {
        let text = """
            model_list:
              - model_name: ""
                litellm_params: {model: openai/x, timeout: -1}
              - model_name: b
                litellm_params: {model: fal_ai/a/b, rpm: x}
            general_settings: {unpriced_models: maybe}
            """
        #expect(Reading.findings(text).map { $0.prefix { $0 != " " } } == ["2:17:", "3:29:", "3:48:", "5:46:", "6:37:"])
    }
}
