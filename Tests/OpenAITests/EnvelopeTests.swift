import JSON
import OpenAI
import Testing

@Suite("Error envelope and model list") struct EnvelopeTests {
    @Test("an error has all four members, nulls written out")
    func error() {
        let bare = ErrorEnvelope(message: "No \"key\".", type: "authentication_error")
        #expect(
            bare.serialized()
                == Array(#"{"error":{"message":"No \"key\".","type":"authentication_error","param":null,"code":null}}"#.utf8))
        let full = ErrorEnvelope(message: "m", type: "t", param: "n", code: "c")
        #expect(full.serialized() == Array(#"{"error":{"message":"m","type":"t","param":"n","code":"c"}}"#.utf8))
        let named = ErrorEnvelope(message: "m", type: "t", requestID: "r")
        #expect(
            named.serialized()
                == Array(#"{"error":{"message":"m","type":"t","param":null,"code":null,"request_id":"r"}}"#.utf8))
    }

    @Test("a problem of a request becomes an invalid_request_error", arguments: RequestProblem.Code.allCases)
    func problem(code: RequestProblem.Code) {
        let envelope = ErrorEnvelope(RequestProblem("m", param: "size", code: code))
        #expect(envelope == ErrorEnvelope(message: "m", type: "invalid_request_error", param: "size", code: code.rawValue))
    }

    @Test("models are listed as OpenAI lists them")
    func models() {
        let flux = ModelObject(id: "flux", created: 1_677_610_602, ownedBy: "fal", mode: "image_generation")
        let plain = ModelObject(id: "a/\"b\"", created: 0, ownedBy: "openai")
        #expect(
            flux.serialized()
                == Array(
                    #"{"id":"flux","object":"model","created":1677610602,"owned_by":"fal","mode":"image_generation"}"#.utf8))
        #expect(
            String(decoding: ModelList([flux, plain]).serialized(), as: UTF8.self)
                == #"{"object":"list","data":[{"id":"flux","object":"model","created":1677610602,"owned_by":"fal","mode":"image_generation"},"#
                + #"{"id":"a/\"b\"","object":"model","created":0,"owned_by":"openai"}]}"#)
        #expect(ModelList([]).serialized() == Array(#"{"object":"list","data":[]}"#.utf8))
    }
}
