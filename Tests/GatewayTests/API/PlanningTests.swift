import Fal
import HTTP
import JSON
import Money
import Testing

@testable import Gateway
@testable import OpenAI

/// What a body becomes on a deployment, up to the jobs that would be submitted.
@Suite("From OpenAI's fields to fal's") struct PlanningTests {
    private func plan(_ body: JSONObject, on model: String, _ more: String = "", settings: String = "") throws -> Plan {
        let configuration = try configured(modelList(("m", "fal_ai/\(model)", more)) + settings)
        let deployment = try Routing(configuration).deployment(for: "m")
        var body = body
        body["prompt"] = "x"
        var wanted = try ImageRequest.decode(.object(body), maximumImages: 10)
        wanted.model = "m"
        return try Plan.make(
            wanted.parameters(for: deployment), unsupported: wanted.unsupportedParameters(on: deployment),
            on: deployment, configuration: configuration)
    }

    private func inputs(_ body: JSONObject, on model: String, _ more: String = "") throws -> [JSONObject] {
        try plan(body, on: model, more).calls.map { call in
            var input = call.input
            input["prompt"] = nil
            return input
        }
    }

    @Test("the README's table: size and n in the model's own terms")
    func sizes() throws {
        #expect(
            try inputs(["n": 2, "size": "1792x1024"], on: "fal-ai/flux-pro/v1.1-ultra")
                == [["aspect_ratio": "16:9", "num_images": 2]])
        #expect(
            try inputs(["n": 2, "size": "1792x1024"], on: "fal-ai/flux/dev")
                == [["image_size": ["width": 1792, "height": 1024], "num_images": 2]])
        #expect(try inputs(["size": "1024x768"], on: "fal-ai/flux/dev") == [["image_size": "landscape_4_3"]])
        #expect(try inputs(["size": "auto"], on: "fal-ai/imagen4/preview") == [[:]])
        #expect(try inputs(["n": 3], on: "fal-ai/recraft/v3/text-to-image").count == 3)
        #expect(try inputs(["n": 6], on: "fal-ai/imagen4/preview").map { $0["num_images"]?.intValue } == [4, 2])
    }

    @Test("every preset of fal's is a size")
    func presets() throws {
        for name in ImageSize.presetNames { #expect(RequestedSize(name)?.text == name) }
        #expect(try inputs(["size": "auto_2K"], on: "fal-ai/bytedance/seedream/v4/text-to-image") == [["image_size": "auto_2K"]])
        #expect(try inputs(["size": "auto_2K"], on: "fal-ai/nano-banana-pro") == [["resolution": "2K"]])
    }

    @Test("fal's own fields go through as they were written, and win")
    func passThrough() throws {
        let seed = try #require(JSONNumber(lexeme: "18446744073709551615"))
        let body: JSONObject = ["size": "1024x1024", "image_size": "portrait_16_9", "seed": .number(seed), "odd": [1.50]]
        let input = try #require(try inputs(body, on: "fal-ai/flux/dev").first)
        #expect(input["image_size"] == "portrait_16_9")
        #expect(input["seed"] == .number(seed))
        #expect(input["odd"] != nil)
    }

    @Test("a deployment's defaults fill what the caller left open, whichever name he used")
    func defaults() throws {
        let more = "guidance_scale: 3.5, image_size: square, n: 2, response_format: b64_json"
        let unsaid = try #require(try inputs([:], on: "fal-ai/flux/dev", more).first)
        #expect(Set(unsaid.keys) == ["image_size", "num_images", "guidance_scale"])
        #expect(unsaid["image_size"] == "square")
        #expect(unsaid["num_images"] == 2)
        #expect(unsaid["guidance_scale"]?.numberValue?.lexeme == "3.5")
        let said = try #require(
            try inputs(["size": "1024x768", "num_images": 1, "guidance_scale": 7], on: "fal-ai/flux/dev", more).first)
        #expect(said["image_size"] == "landscape_4_3")
        #expect(said["num_images"] == 1)
        #expect(said["guidance_scale"] == 7)
        #expect(said["response_format"] == nil)
    }

    @Test("what the operator never wants sent is not sent")
    func additionalDrop() throws {
        let input = try #require(
            try inputs(["seed": 7, "size": "1024x768"], on: "fal-ai/flux/dev", "additional_drop_params: [seed, size]").first)
        #expect(input["seed"] == nil)
        #expect(input["image_size"] == nil)
    }

    @Test("what a model cannot honour is left out and named; with drop_params: false it is refused")
    func dropping() throws {
        let body: JSONObject = ["quality": "hd", "user": "somebody"]
        #expect(try plan(body, on: "fal-ai/flux/dev").dropped.map(\.name) == ["quality", "user"])
        for refusal in [{ try self.plan(body, on: "fal-ai/flux/dev", "drop_params: false") },
            { try self.plan(["quality": "hd", "drop_params": false], on: "fal-ai/flux/dev") }] {
            #expect { try refusal() } throws: { error in
                (error as? GatewayError)?.kind == .unsupportedParameter && (error as? GatewayError)?.param == "quality"
            }
        }
        // Harmless ones are never a reason.
        #expect(throws: Never.self) { try plan(["user": "x", "quality": "auto"], on: "fal-ai/flux/dev", "drop_params: false") }
    }

    @Test("parameters of OpenAI's own models never reach fal, and are named")
    func onlyOpenAI() throws {
        let body: JSONObject = ["complexity": "high", "frame_count": 4, "frame_duration_ms": 40, "svg": true, "prompt_rewriter": "off"]
        for model in ["fal-ai/flux/dev", "somebody/model"] {
            let plan = try plan(body, on: model)
            #expect(Set(plan.dropped.map(\.name)) == Set(body.keys))
            #expect(plan.calls[0].input == ["prompt": "x"])
        }
    }

    @Test("what could make more images than are made at once is refused", arguments: [
        (["n": 10, "max_images": 6], 60), (["n": 2, "max_images": 6], 12), (["num_images": 11], 11), (["n": 5, "max_images": 2], nil),
    ] as [(JSONObject, Int?)])
    func maximum(body: JSONObject, refused: Int?) throws {
        let model = "fal-ai/bytedance/seedream/v4/text-to-image"
        guard let refused else { return #expect(try plan(body, on: model).maximumCost?.dollars == "0.3") }
        #expect { try plan(body, on: model) } throws: {
            ($0 as? GatewayError)?.message.hasPrefix("The request asks for \(refused) images") == true
        }
    }

    @Test("the operator's prices, in LiteLLM's order", arguments: [
        ("output_cost_per_image: 0.1, output_cost_per_image_4K: 0.2, output_cost_per_pixel: 1.0e-6", "0.1"),
        ("output_cost_per_image_1K: 0.2, output_cost_per_pixel: 1.0e-6", "0.2"),
        ("output_cost_per_image_4K: 0.3", "0.3"),
        ("output_cost_per_pixel: 1.0e-6, input_cost_per_image: 0.4", "1.048576"),
        ("input_cost_per_image: 0.4", "0.4"),
        ("output_cost_per_image: 0", "0"),
    ])
    func customPrices(parameters: String, cost: String) throws {
        #expect(try plan(["size": "1024x1024"], on: "somebody/model", parameters).maximumCost?.dollars == cost)
    }

    @Test("a price of a resolution counts whatever its case, and stays away from endpoints without it", arguments: [
        ("fal-ai/nano-banana-pro", "output_cost_per_image_2k: 9", ["resolution": "2K"], "9"),
        ("fal-ai/nano-banana-pro", "output_cost_per_image_2k: 9", [:], "0.15"),
        ("fal-ai/flux/dev", "output_cost_per_image_hd: 9, output_cost_per_image_2K: 9", ["size": "2048x2048"], "0.1"),
        ("somebody/model", "output_cost_per_image_hd: 9", [:], "9"),
        ("somebody/model", "output_cost_per_image_1k: 0.1, output_cost_per_image_4k: 0.3", [:], "0.1"),
    ] as [(String, String, JSONObject, String)])
    func perResolution(endpoint: String, prices: String, body: JSONObject, cost: String) throws {
        // Behind a wildcard a price may be meant for others.
        let configuration = try configured(modelList(("*", "fal_ai/*", prices)))
        let deployment = try Routing(configuration).deployment(for: endpoint)
        var body = body
        body["prompt"] = "x"
        let wanted = try ImageRequest.decode(.object(body), maximumImages: 10)
        let plan = try Plan.make(
            wanted.parameters(for: deployment), unsupported: wanted.unsupportedParameters(on: deployment),
            on: deployment, configuration: configuration)
        #expect(plan.maximumCost?.dollars == cost)
    }

    @Test("a price of a resolution that an entry's endpoint does not have is an error", arguments: [
        ("fal-ai/nano-banana-pro", "3K", "has the resolutions 1K, 2K, 4K"), ("fal-ai/flux/dev", "hd", "has no resolution"),
    ])
    func uselessPrice(endpoint: String, resolution: String, reason: String) throws {
        let configuration = try configured(modelList(("m", "fal_ai/\(endpoint)", "output_cost_per_image_\(resolution): 0.5")))
        #expect {
            try Routing(configuration)
        } throws: {
            ($0 as? RoutingError)?.reason == "output_cost_per_image_\(resolution) would never count: \(endpoint) \(reason)"
        }
    }

    @Test("an endpoint without a price is served, unless the operator says otherwise")
    func unpriced() throws {
        #expect(try plan([:], on: "somebody/model").maximumCost == nil)
        #expect { try plan([:], on: "somebody/model", settings: "general_settings: {unpriced_models: reject}\n") } throws: {
            ($0 as? GatewayError)?.kind == .unpricedModel
        }
        #expect(try plan([:], on: "somebody/model", "output_cost_per_image: 0.11").maximumCost?.dollars == "0.11")
    }
}
