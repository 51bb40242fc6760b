import HTTP
import Testing

@testable import Gateway

@Suite("Authentication") struct AuthenticationTests {
    private func result(_ fields: Fields, keyHeader: String? = nil) throws -> Result<Caller, GatewayError> {
        let head = try RequestHead(method: .post, target: "/v1/images/generations", fields: fields)
        let authentication = Authentication(masterKey: "sk-right", keyHeader: keyHeader)
        return Result { () throws(GatewayError) in try authentication.caller(of: head) }
    }

    @Test(
        "the key is found in every place where a client may put it",
        arguments: [
            ["Authorization": "Bearer sk-right"], ["authorization": "bearer sk-right"],
            ["Authorization": "Bearer   sk-right"], ["api-key": "sk-right"], ["x-api-key": "sk-right"],
            ["x-litellm-api-key": "sk-right"], ["x-litellm-api-key": "Bearer sk-right"],
            ["x-goog-api-key": "sk-right"], ["Ocp-Apim-Subscription-Key": "sk-right"],
        ] as [Fields])
    func places(fields: Fields) throws {
        #expect(try result(fields).get().keyHash == KeyHash(of: "sk-right"))
    }

    @Test("the first place that is filled decides")
    func precedence() throws {
        #expect(try result(["x-litellm-api-key": "sk-wrong", "Authorization": "Bearer sk-right"]) == .failure(.wrongKey))
        #expect(throws: Never.self) {
            try result(["x-litellm-api-key": "sk-right", "Authorization": "Bearer sk-wrong"]).get()
        }
        #expect(throws: Never.self) { try result(["Authorization": "", "api-key": "sk-right"]).get() }
    }

    @Test("what is no key is told apart from a wrong one")
    func refusals() throws {
        #expect(try result([:]) == .failure(.missingKey))
        #expect(try result(["Authorization": "sk-right"]) == .failure(.malformedKey(header: "authorization")))
        #expect(try result(["Authorization": "Bearer "]) == .failure(.malformedKey(header: "authorization")))
        #expect(try result(["Authorization": "Bearer sk-righ"]) == .failure(.wrongKey))
        #expect(try result(["api-key": "Bearer sk-right"]) == .failure(.wrongKey))
    }

    @Test("a header of the operator's own comes first")
    func ownHeader() throws {
        #expect(throws: Never.self) {
            try result(["x-team-key": "sk-right", "Authorization": "Bearer other"], keyHeader: "x-team-key").get()
        }
    }

    @Test("without a master key everybody is let in, and nobody has a hash")
    func open() throws {
        let head = try RequestHead(method: .get, target: "/v1/models")
        #expect(try Authentication(masterKey: nil).caller(of: head).keyHash == nil)
    }

    @Test("without a master key web pages are let in from here alone", arguments: [
        (["Host": "127.0.0.1:4000"], true), (["Host": "localhost:4000"], true), (["Host": "LOCALHOST"], true),
        (["Host": "[::1]:4000"], true), (["Host": "127.3.2.1"], true), (["Host": "10.0.0.7:80"], true), ([:], true),
        (["Host": "localhost:4000", "Origin": "http://localhost:4000", "Sec-Fetch-Site": "same-origin"], true),
        (["Host": "127.0.0.1:4000", "Sec-Fetch-Site": "none"], true),
        (["Host": "evil.example"], false), (["Host": "evil.example:4000"], false), (["Host": "localhost.evil.example"], false),
        (["Host": "127.0.0.1.evil.example"], false),
        (["Host": "127.0.0.1:4000", "Origin": "https://evil.example"], false), (["Host": "127.0.0.1:4000", "Origin": "null"], false),
        (["Host": "127.0.0.1:4000", "Origin": "http://127.0.0.1:3000"], false), (["Origin": "http://127.0.0.1"], false),
        (["Host": "127.0.0.1:4000", "Sec-Fetch-Site": "cross-site"], false),
        (["Host": "127.0.0.1:4000", "Sec-Fetch-Site": "same-site"], false),
    ] as [(Fields, Bool)])
    func foreignPages(fields: Fields, isTaken: Bool) throws {
        let head = try RequestHead(method: .post, target: "/v1/images/generations", fields: fields)
        let result = Result { () throws(GatewayError) in try Authentication(masterKey: nil).caller(of: head) }
        switch result {
        case .success: #expect(isTaken)
        case .failure(let error): #expect(!isTaken && error.kind == .foreignPage && error.status == 403)
        }
        // Whoever has the key may be where he likes.
        var keyed = fields
        keyed.append("authorization", "Bearer sk-right")
        #expect(throws: Never.self) { try self.result(keyed).get() }
    }

    @Test("a hash is SHA-256 in hexadecimal digits")
    func hash() {
        // FIPS 180-4's own example.
        #expect(
            KeyHash(of: "abc").description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(KeyHash(of: "").description.hasPrefix("e3b0c44298fc1c14"))
    }
}

@Suite("Admission") struct AdmissionTests {
    @Test("a thousand at once never hold more places than there are")
    func bound() async throws {
        let admission = Admission(limit: 7)
        var places = await withTaskGroup(of: Admission.Place?.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try? admission.enter() }
            }
            return await group.reduce(into: []) { places, place in place.map { places.append($0) } }
        }
        #expect(places.count == 7)
        #expect(admission.count == 7)
        places.removeLast()
        #expect(admission.count == 6)
        places.append(try admission.enter())
        #expect(throws: GatewayError.tooManyRequests(limit: 7)) { try admission.enter() }
        #expect(admission.count == 7)
    }

    @Test("a place is given back with the last reference to it")
    func givenBack() throws {
        let admission = Admission(limit: 1)
        for _ in 0..<3 { _ = try admission.enter() }
        #expect(admission.count == 0)
    }

    @Test("without a limit everybody is admitted")
    func unlimited() {
        let admission = Admission(limit: nil)
        for _ in 0..<100 { #expect(throws: Never.self) { try admission.enter() } }
    }
}
