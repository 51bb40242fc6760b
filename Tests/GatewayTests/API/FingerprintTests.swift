import JSON
import Testing

@testable import Gateway
@testable import OpenAI

@Suite("Fingerprints of requests") struct FingerprintTests {
    private func fingerprint(_ body: String) throws -> [UInt8] {
        try ImageRequest.decode(JSON.parse(body), kind: .edit, maximumImages: 10).fingerprint
    }

    @Test("another value of any field is another request", arguments: [
        #""prompt":"y""#, #""n":2"#, #""size":"1024x1024""#, #""quality":"high""#, #""background":"opaque""#,
        #""output_format":"png""#, #""output_compression":50"#, #""user":"u""#, #""stream":true"#, #""seed":7"#,
        #""input_fidelity":"high""#, #""safety_identifier":"s""#, #""drop_params":false"#,
        #""webhook_url":"https://a.test/hook""#,
    ])
    func told(field: String) throws {
        let plain = #"{"model":"m","prompt":"x","image":"https://a.test/1.png"}"#
        let other = #"{"model":"m","image":"https://a.test/1.png",\#(field.contains("prompt") ? field : #""prompt":"x",\#(field)"#)}"#
        #expect(try fingerprint(other) != fingerprint(plain))
    }

    @Test("what only concerns the gateway is no part of it, nor is the order of the fields")
    func same() throws {
        #expect(
            try fingerprint(#"{"model":"m","prompt":"x","seed":1,"image":"https://a.test/1.png"}"#)
                == fingerprint(#"{"image":"https://a.test/1.png","seed":1,"tags":["t"],"prompt":"x","model":"m"}"#))
        #expect(
            try fingerprint(#"{"model":"m","prompt":"x","image":"https://a.test/1.png","loras":[{"path":"p","scale":1}]}"#)
                == fingerprint(#"{"model":"m","prompt":"x","image":"https://a.test/1.png","loras":[{"scale":1,"path":"p"}]}"#))
    }
}
