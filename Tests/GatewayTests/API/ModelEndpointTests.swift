import HTTP
import JSON
import Testing

@testable import Gateway

@Suite("The models") struct ModelEndpointTests {
    private let yaml = """
        model_list:
          - model_name: flux
            litellm_params: {model: fal_ai/fal-ai/flux/dev, api_key: "id:very-secret", api_base: "https://fal.example"}
            model_info: {id: first, output_cost_per_image: 0.05, team: art}
          - model_name: flux
            litellm_params: {model: fal_ai/fal-ai/flux/schnell, api_key: "id:very-secret"}
          - model_name: banana
            litellm_params: {model: fal_ai/fal-ai/nano-banana-2, api_key: "id:very-secret"}
          - model_name: kontext
            litellm_params: {model: fal_ai/fal-ai/flux-pro/kontext, api_key: "id:very-secret"}
          - model_name: "fal_ai/*"
            litellm_params: {model: "fal_ai/*", api_key: "id:very-secret"}
        router_settings:
          model_group_alias: {dall-e-3: flux}

        """

    private func endpoints() throws -> ModelEndpoints {
        ModelEndpoints(routing: try Routing(configured(yaml)), learned: LearnedModels(), created: 7)
    }

    private func json(_ response: Response) throws -> JSONValue {
        guard case .bytes(let bytes) = response.body else { throw Unexpected() }
        #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
        return try JSON.parse(bytes)
    }

    private struct Unexpected: Error {}

    @Test("a model is OpenAI's object with every deployment described", arguments: ["flux", "dall-e-3"])
    func show(name: String) throws {
        let model = try json(endpoints().show(name))
        #expect(model["id"]?.stringValue == name)
        #expect(model["object"] == "model")
        #expect(model["created"] == 7)
        let deployments = try #require(model["falgate"]?["deployments"]?.arrayValue)
        #expect(deployments.map { $0["endpoint"]?.stringValue } == ["fal-ai/flux/dev", "fal-ai/flux/schnell"])
        #expect(deployments[0]["id"] == "first")
        #expect(deployments[0]["price"]?["usd"] == "0.05")
        #expect(deployments[0]["price"]?["source"] == "configuration")
        #expect(deployments[1]["price"]?["usd"] == "0.003")
        #expect(deployments[0]["size"]?["openai_sizes"]?["1024x1024"]?["sent"]?["image_size"] == "square_hd")
    }

    @Test("what a wildcard stands for is shown, and the wildcard itself", arguments: [
        ("fal_ai/fal-ai/recraft/v3/text-to-image", "fal-ai/recraft/v3/text-to-image"), ("fal_ai/somebody/new", "somebody/new"),
        ("fal_ai/*", nil),
    ] as [(String, String?)])
    func wildcards(name: String, endpoint: String?) throws {
        let deployments = try json(endpoints().show(name))["falgate"]?["deployments"]?.arrayValue
        #expect(deployments?.first?["endpoint"]?.stringValue == endpoint)
    }

    @Test("an unknown name is 404")
    func unknown() throws {
        #expect(throws: GatewayError.modelNotFound("nope")) { try endpoints().show("nope") }
    }

    @Test("model info has LiteLLM's keys, under every name, and the description")
    func info() throws {
        let data = try #require(try json(endpoints().info())["data"]?.arrayValue)
        #expect(data.map { $0["model_name"]?.stringValue } == ["flux", "flux", "banana", "kontext", "dall-e-3", "dall-e-3", "fal_ai/*"])
        let flux = try #require(data[0]["model_info"])
        #expect(flux["id"] == "first")
        #expect(flux["team"] == "art")
        #expect(flux["mode"] == "image_generation")
        #expect(flux["output_cost_per_image"]?.numberValue?.lexeme == "0.05")
        #expect(flux["supported_openai_params"]?.arrayValue?.contains("size") == true)
        #expect(flux["falgate"]?["endpoint"] == "fal-ai/flux/dev")
        #expect(flux["supported_endpoints"] == ["/v1/images/generations"])
        #expect(data[2]["model_info"]?["supported_endpoints"] == ["/v1/images/generations", "/v1/images/edits"])
        #expect(data[3]["model_info"]?["supported_endpoints"] == ["/v1/images/edits"])
        #expect(data[0]["litellm_params"]?["api_base"] == "https://fal.example")
        let banana = try #require(data[2]["model_info"])
        #expect(banana["output_cost_per_image_4K"]?.numberValue?.lexeme == "0.16")
        #expect(banana["output_cost_per_image"] == nil)
    }
}
