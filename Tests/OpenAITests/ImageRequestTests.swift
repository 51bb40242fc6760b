import JSON
import Testing

@testable import OpenAI

@Suite("Image request") struct ImageRequestTests {
    private func decode(_ body: String, maximumImages: Int = 10) throws -> ImageRequest {
        try ImageRequest.decode(JSON.parse(body), maximumImages: maximumImages)
    }

    @Test("the smallest request is a prompt")
    func smallest() throws {
        let request = try decode(#"{"prompt":"a red fox"}"#)
        #expect(request == ImageRequest(prompt: "a red fox"))
    }

    @Test("every field of OpenAI becomes a typed property")
    func typed() throws {
        let request = try decode(
            """
            {"model":"fal_ai/fal-ai/flux/dev","prompt":"a red fox","n":2,"size":"1792x1024","response_format":"b64_json",
             "quality":"hd","style":"vivid","background":"transparent","moderation":"low","output_format":"webp",
             "output_compression":80,"user":"u1","safety_identifier":"s1","stream":false,"partial_images":0}
            """)
        #expect(request.model == "fal_ai/fal-ai/flux/dev")
        #expect(request.prompt == "a red fox")
        #expect(request.count == 2)
        #expect(request.size == .pixels(width: 1792, height: 1024, text: "1792x1024"))
        #expect(request.responseFormat == .base64)
        #expect(request.quality == "hd")
        #expect(request.style == "vivid")
        #expect(request.background == "transparent")
        #expect(request.moderation == "low")
        #expect(request.outputFormat == "webp")
        #expect(request.outputCompression == 80)
        #expect(request.user == "u1")
        #expect(request.safetyIdentifier == "s1")
        #expect(request.stream == false)
        #expect(request.partialImages == 0)
        #expect(request.extra.isEmpty)
        #expect(request.gatewayFields.isEmpty)
    }

    @Test("fal's own parameters keep their order and every character of their numbers")
    func extra() throws {
        let request = try decode(
            #"{"seed":18446744073709551615,"prompt":"x","guidance_scale":3.50,"n":1,"image_size":{"width":800,"height":600},"loras":[],"foo":"","sync_mode":false,"Prompt":1}"#)
        #expect(
            request.extra.serialized()
                == Array(
                    #"{"seed":18446744073709551615,"guidance_scale":3.50,"image_size":{"width":800,"height":600},"loras":[],"foo":"","sync_mode":false,"Prompt":1}"#
                        .utf8))
        #expect(request.seed?.lexeme == "18446744073709551615")
    }

    @Test("null says nothing, in every field")
    func nulls() throws {
        let request = try decode(
            """
            {"model":null,"prompt":"x","n":null,"size":null,"response_format":null,"quality":null,"style":null,
             "background":null,"moderation":null,"output_format":null,"output_compression":null,"user":null,
             "safety_identifier":null,"stream":null,"partial_images":null,"seed":null,"extra_body":null,
             "metadata":null,"api_base":null}
            """)
        #expect(request == ImageRequest(prompt: "x"))
    }

    @Test("the largest allowed values are allowed")
    func limits() throws {
        let prompt = String(repeating: "é", count: 32_000)
        let request = try decode(
            "{\"prompt\":\"\(prompt)\",\"n\":10,\"size\":\"14142x14142\",\"output_compression\":100,\"partial_images\":3}")
        #expect(request.prompt == prompt)
        #expect(request.count == 10)
        #expect(request.outputCompression == 100)
        #expect(request.partialImages == 3)
    }

    @Test("members of a literal extra_body count as members of the body, whose own win")
    func extraBody() throws {
        let request = try decode(
            """
            {"extra_body":{"seed":7,"prompt":"inner","n":2,"image_size":null,"metadata":{"a":1},"size":"square"},
             "prompt":"outer","size":null,"guidance_scale":2}
            """)
        #expect(request.prompt == "outer")
        #expect(request.count == 2)
        #expect(request.size == .preset(.square))
        #expect(request.extra == ["guidance_scale": 2, "seed": 7])
        #expect(request.gatewayFields == ["metadata": ["a": 1]])
    }

    @Test("a prompt may come from extra_body alone")
    func promptInExtraBody() throws {
        #expect(try decode(#"{"extra_body":{"prompt":"x"}}"#).prompt == "x")
    }

    @Test(
        "what LiteLLM keeps for itself goes to the gateway and not to fal",
        arguments: [
            "metadata", "tags", "timeout", "num_retries", "custom_llm_provider", "drop_params", "additional_drop_params",
            "cache", "headers", "extra_headers", "mock_response", "mock_testing_fallbacks", "litellm_call_id",
            "litellm_metadata", "aws_secret_access_key", "vertex_credentials", "azure_ad_token", "organization", "no-log",
            "specific_deployment", "model_info", "base_model", "ssl_verify", "proxy_server_request", "fallbacks",
        ])
    func reserved(name: String) throws {
        let value: JSONValue = ["anything": [1.5]]
        var expected = JSONObject()
        expected[name] = value
        for body in ["{\"prompt\":\"x\",\"\(name)\":\(value)}", "{\"prompt\":\"x\",\"extra_body\":{\"\(name)\":\(value)}}"] {
            let request = try decode(body)
            #expect(request.gatewayFields == expected)
            #expect(request.extra.isEmpty)
        }
    }

    @Test("names a fal model may use for itself go to fal", arguments: ["id", "weight", "order", "messages", "seed", "raw", "Tags"])
    func notReserved(name: String) throws {
        #expect(try decode("{\"prompt\":\"x\",\"\(name)\":1}").extra.keys == [name])
    }

    @Test("a body with a hundred thousand members on both levels is read in linear time", .timeLimit(.minutes(10)))
    func hostile() throws {
        func members(_ prefix: String) -> String {
            (0..<50_000).map { "\"\(prefix)\($0)\":0" }.joined(separator: ",")
        }
        let request = try decode("{\"prompt\":\"x\",\(members("a")),\"extra_body\":{\(members("b"))}}")
        #expect(request.extra.count == 100_000)
    }
}
