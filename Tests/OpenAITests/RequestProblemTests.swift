import JSON
import Testing

@testable import OpenAI

@Suite("What a bad image request is told") struct RequestProblemTests {
    private func problem(_ body: String, maximumImages: Int = 4) throws -> RequestProblem? {
        let value = try JSON.parse(body)
        return #expect(throws: RequestProblem.self) {
            try ImageRequest.decode(value, maximumImages: maximumImages)
        }
    }

    @Test(
        "a body that is no object is refused as a whole",
        arguments: [("[]", "an array"), ("\"x\"", "a string"), ("null", "null"), ("1", "a number"), ("true", "a boolean")])
    func noObject(body: String, kind: String) throws {
        let problem = try problem(body)
        #expect(
            problem?.message == "The body must be a JSON object such as {\"prompt\": \"a red fox\"}, not \(kind).")
        #expect(problem?.param == nil)
        #expect(problem?.code == .wrongType)
    }

    @Test(
        "every bad field is named, with what is allowed",
        arguments: [
            // prompt
            ("{}", "prompt", .missing, "'prompt' is required: a string that says what the image should show, of at most 32000 characters."),
            (#"{"prompt":null}"#, "prompt", .missing, "'prompt' is required"),
            (#"{"extra_body":{}}"#, "prompt", .missing, "'prompt' is required"),
            (#"{"prompt":""}"#, "prompt", .invalidValue, "at most 32000 characters; got \"\"."),
            (#"{"prompt":" \t\n "}"#, "prompt", .invalidValue, "'prompt' must be a string that says what"),
            (#"{"prompt":"\u00a0\u3000"}"#, "prompt", .invalidValue, "'prompt' must be a string"),
            (#"{"prompt":1}"#, "prompt", .wrongType, "not a number."),
            (#"{"prompt":["a fox"]}"#, "prompt", .wrongType, "not an array."),
            (#"{"prompt":{"text":"a fox"}}"#, "prompt", .wrongType, "not an object."),
            (#"{"prompt":true}"#, "prompt", .wrongType, "not a boolean."),
            // n
            (#"{"prompt":"x","n":0}"#, "n", .tooSmall, "'n' must be an integer from 1 to 4; got 0."),
            (#"{"prompt":"x","n":-1}"#, "n", .tooSmall, "'n' must be an integer from 1 to 4; got -1."),
            (#"{"prompt":"x","n":1.5}"#, "n", .wrongType, "'n' must be an integer from 1 to 4; got 1.5."),
            (#"{"prompt":"x","n":2.0}"#, "n", .wrongType, "got 2.0."),
            (#"{"prompt":"x","n":1e0}"#, "n", .wrongType, "got 1e0."),
            (#"{"prompt":"x","n":"two"}"#, "n", .wrongType, "'n' must be an integer from 1 to 4, not a string."),
            (#"{"prompt":"x","n":"2"}"#, "n", .wrongType, "not a string."),
            (#"{"prompt":"x","n":5}"#, "n", .tooLarge, "'n' must be an integer from 1 to 4; got 5."),
            (#"{"prompt":"x","n":99999999999999999999}"#, "n", .tooLarge, "got 99999999999999999999."),
            (#"{"prompt":"x","n":-99999999999999999999}"#, "n", .tooSmall, "got -99999999999999999999."),
            (#"{"prompt":"x","n":true}"#, "n", .wrongType, "not a boolean."),
            (#"{"prompt":"x","n":[1]}"#, "n", .wrongType, "not an array."),
            // size
            (#"{"prompt":"x","size":"0x0"}"#, "size", .invalidValue, "got \"0x0\"."),
            (#"{"prompt":"x","size":"10x"}"#, "size", .invalidValue, "got \"10x\"."),
            (#"{"prompt":"x","size":"axb"}"#, "size", .invalidValue, "'size' must be WIDTHxHEIGHT with edges from 1 to 14142"),
            (#"{"prompt":"x","size":"99999x1"}"#, "size", .invalidValue, "got \"99999x1\"."),
            (#"{"prompt":"x","size":""}"#, "size", .invalidValue, "got \"\"."),
            (#"{"prompt":"x","size":1024}"#, "size", .wrongType, "not a number."),
            (#"{"prompt":"x","size":{"width":800,"height":600}}"#, "size", .wrongType, "not an object."),
            (#"{"prompt":"x","size":["1024x1024"]}"#, "size", .wrongType, "not an array."),
            (#"{"prompt":"x","size":true}"#, "size", .wrongType, "not a boolean."),
            // response_format
            (#"{"prompt":"x","response_format":"png"}"#, "response_format", .invalidValue, "'response_format' must be one of url, b64_json; got \"png\"."),
            (#"{"prompt":"x","response_format":""}"#, "response_format", .invalidValue, "one of url, b64_json"),
            (#"{"prompt":"x","response_format":"URL"}"#, "response_format", .invalidValue, "one of url, b64_json"),
            (#"{"prompt":"x","response_format":{"type":"url"}}"#, "response_format", .wrongType, "not an object."),
            // model
            (#"{"prompt":"x","model":""}"#, "model", .invalidValue, "'model' must be a string that is not empty; got \"\"."),
            (#"{"prompt":"x","model":" "}"#, "model", .invalidValue, "not empty"),
            (#"{"prompt":"x","model":7}"#, "model", .wrongType, "'model' must be a string, not a number."),
            // the others
            (#"{"prompt":"x","quality":1}"#, "quality", .wrongType, "'quality' must be a string, not a number."),
            (#"{"prompt":"x","style":["vivid"]}"#, "style", .wrongType, "a string, not an array."),
            (#"{"prompt":"x","background":false}"#, "background", .wrongType, "a string, not a boolean."),
            (#"{"prompt":"x","moderation":{}}"#, "moderation", .wrongType, "a string, not an object."),
            (#"{"prompt":"x","output_format":2}"#, "output_format", .wrongType, "a string, not a number."),
            (#"{"prompt":"x","user":42}"#, "user", .wrongType, "a string, not a number."),
            (#"{"prompt":"x","safety_identifier":42}"#, "safety_identifier", .wrongType, "a string, not a number."),
            (#"{"prompt":"x","output_compression":101}"#, "output_compression", .tooLarge, "an integer from 0 to 100; got 101."),
            (#"{"prompt":"x","output_compression":-1}"#, "output_compression", .tooSmall, "an integer from 0 to 100; got -1."),
            (#"{"prompt":"x","output_compression":"80"}"#, "output_compression", .wrongType, "not a string."),
            (#"{"prompt":"x","stream":"true"}"#, "stream", .wrongType, "'stream' must be true or false, not a string."),
            (#"{"prompt":"x","stream":1}"#, "stream", .wrongType, "true or false, not a number."),
            (#"{"prompt":"x","partial_images":4}"#, "partial_images", .tooLarge, "an integer from 0 to 3; got 4."),
            (#"{"prompt":"x","partial_images":0.5}"#, "partial_images", .wrongType, "got 0.5."),
            // extra_body
            (#"{"prompt":"x","extra_body":"seed=1"}"#, "extra_body", .wrongType, "'extra_body' must be an object, not a string."),
            (#"{"prompt":"x","extra_body":[]}"#, "extra_body", .wrongType, "an object, not an array."),
            (#"{"prompt":"x","extra_body":{"extra_body":{}}}"#, "extra_body", .invalidValue, "must not contain another"),
            (#"{"prompt":"x","extra_body":{"n":0}}"#, "n", .tooSmall, "'n' must be an integer from 1 to 4; got 0."),
        ] as [(String, String, RequestProblem.Code, String)])
    func fields(body: String, param: String, code: RequestProblem.Code, message: String) throws {
        let problem = try problem(body)
        #expect(problem?.param == param)
        #expect(problem?.code == code)
        #expect(problem?.message.contains(message) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains("'\(param)'") == true)
    }

    @Test(
        "where a call goes, with whose key and at what price is not the caller's to say",
        arguments: [
            "api_base", "base_url", "api_key", "user_config", "model_list", "output_cost_per_image", "input_cost_per_pixel",
            "input_cost_per_token", "output_cost_per_second", "cache_read_input_token_cost",
        ])
    func refused(name: String) throws {
        for body in [
            "{\"prompt\":\"x\",\"\(name)\":0}", "{\"\(name)\":\"\"}", "{\"prompt\":\"x\",\"extra_body\":{\"\(name)\":{}}}",
        ] {
            let problem = try problem(body)
            #expect(problem?.param == name)
            #expect(problem?.code == .notAllowed)
            #expect(problem?.message.hasPrefix("'\(name)' is not allowed in a request") == true)
        }
    }

    @Test("a field whose name has control characters is refused", arguments: [#"a\u0000"#, #"se\ned"#, #"\u007f"#])
    func unreadableNames(name: String) throws {
        for body in ["{\"prompt\":\"x\",\"\(name)\":1}", "{\"prompt\":\"x\",\"extra_body\":{\"\(name)\":1}}"] {
            let problem = try problem(body)
            #expect(problem?.message.hasPrefix("The name of a field must not contain control characters; got \"") == true)
            #expect(problem?.code == .invalidValue)
            #expect(problem?.param == (try JSON.parse("\"\(name)\"").stringValue))
        }
    }

    @Test("a prompt one character over the limit is refused, counted in characters and not in bytes")
    func longPrompt() throws {
        let problem = try problem("{\"prompt\":\"\(String(repeating: "é", count: 32_001))\"}")
        #expect(problem?.message == "'prompt' has 32001 characters; at most 32000 are allowed.")
        #expect(problem?.code == .tooLong)
    }

    @Test("the limit of n is the caller's of decode")
    func maximumImages() throws {
        let value = try JSON.parse(#"{"prompt":"x","n":2}"#)
        #expect(try ImageRequest.decode(value, maximumImages: 2).count == 2)
        #expect(try problem(#"{"prompt":"x","n":2}"#, maximumImages: 1)?.message == "'n' must be an integer from 1 to 1; got 2.")
    }

    @Test("a message repeats at most the beginning of what was sent")
    func excerpt() throws {
        let long = String(repeating: "é", count: 100_000)
        let digits = String(repeating: "9", count: 100_000)
        for body in [
            "{\"prompt\":\"x\",\"size\":\"\(long)\"}", "{\"prompt\":\"x\",\"n\":\(digits)}",
            "{\"input_cost_per_\(long)\":1}",
        ] {
            #expect((try problem(body)?.message.count ?? .max) < 300)
        }
    }

    @Test("what is repeated cannot break out of the message")
    func escaping() throws {
        #expect(try problem(#"{"prompt":"x","size":"a\"\n\u0000"}"#)?.message.hasSuffix(#"got "a\"\n\u0000"."#) == true)
    }
}
