import HTTP
import JSON
import Reactor
import Testing

@testable import Fal

@Suite("Submit") struct SubmitTests {
    @Test("a job is handed over once, with key and fields of the deployment")
    func accepted() async throws {
        try await QueueFixture.with { fixture in
            let job = try await fixture.submitted()
            #expect(job.requestID == QueueFixture.id)
            #expect(job.queuePosition == 2)
            #expect(job.locations.status.description == fixture.app + "/status")
            let asked = try #require(fixture.fal.asked.first)
            #expect(fixture.fal.lines == ["POST /fal-ai/flux/dev"])
            #expect(asked.body == #"{"prompt":"a cat"}"#)
            #expect(asked.fields.all("authorization") == ["Key \(QueueFixture.key)"])
            #expect(asked.fields.all("content-type") == ["application/json"])
            #expect(asked.fields.first("x-fal-store-io") == "0")
            #expect(asked.fields.first("x-fal-request-timeout") == nil)
        }
    }

    @Test("the path of an api_base stays in front of everything")
    func prefix() async throws {
        try await QueueFixture.with(prefix: "/some/fal/") { fixture in
            fixture.fal.script("POST /some/fal/fal-ai/flux/dev", .json(200, ["request_id": "r1"]))
            let job = try await fixture.submit().get()
            #expect(job.locations.status.target == "/some/fal/fal-ai/flux/requests/r1/status")
            #expect(job.locations.response.target == "/some/fal/fal-ai/flux/requests/r1")
            #expect(job.locations.cancel.target == "/some/fal/fal-ai/flux/requests/r1/cancel")
        }
    }

    @Test("addresses that fal returns are used, in every form, on the same origin only", arguments: [
        ("ORIGIN/x/full/fal-ai/flux/dev/requests/1/status", "/x/full/fal-ai/flux/dev/requests/1/status"),
        ("ORIGIN/fal-ai/flux/requests/1/status/?token=a", "/fal-ai/flux/requests/1/status/?token=a"),
        ("http://queue.fal.example/fal-ai/flux/requests/1/status", "/fal-ai/flux/requests/1/status"),
        ("https://127.0.0.1:PORT/fal-ai/other/requests/1/status", "/fal-ai/flux/requests/1/status"),
        ("http://127.0.0.1:1/other/status", "/fal-ai/flux/requests/1/status"),
        ("http://localhost:PORT/other/status", "/fal-ai/flux/requests/1/status"),
        ("http://key@127.0.0.1:PORT/other/status", "/fal-ai/flux/requests/1/status"),
        ("http://127.0.0.1:PORT.evil.example/other/status", "/fal-ai/flux/requests/1/status"),
        ("/other/status", "/fal-ai/flux/requests/1/status"),
        ("//evil.example/other/status", "/fal-ai/flux/requests/1/status"),
        ("", "/fal-ai/flux/requests/1/status"),
    ])
    func addresses(returned: String, used: String) async throws {
        try await QueueFixture.with { fixture in
            let url = returned.replacing("ORIGIN", with: fixture.base).replacing("PORT", with: "\(fixture.port)")
            fixture.fal.script("POST /fal-ai/flux/dev", .json(200, ["request_id": "1", "status_url": .string(url), "response_url": 7]))
            let job = try await fixture.submit().get()
            #expect(job.locations.status.origin == fixture.upstream.base.origin)
            #expect(job.locations.status.target == used)
            #expect(job.locations.response.target == "/fal-ai/flux/requests/1")
        }
    }

    @Test("a request id of any characters stays one segment of a path", arguments: [
        ("a b/c?d#e", "a%20b%2Fc%3Fd%23e"), ("..", "%2E%2E"), ("ü", "%C3%BC"), ("a.b-c_d~e", "a.b-c_d~e"), ("%2f", "%252f"),
        (String(repeating: "x", count: 500), String(repeating: "x", count: 500)),
    ])
    func oddIDs(id: String, encoded: String) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("POST /fal-ai/flux/dev", .json(200, ["request_id": .string(id)]))
            let job = try await fixture.submit().get()
            #expect(job.requestID == id)
            #expect(job.locations.response.target == "/fal-ai/flux/requests/\(encoded)")
        }
    }

    @Test("an acceptance that does not name the job leaves its outcome unknown", arguments: [
        "", "{}", "[]", "<html>", #"{"request_id":""}"#, #"{"request_id":null}"#, #"{"request_id":7}"#, #"{"request_id":"x""#,
    ])
    func nameless(body: String) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("POST /fal-ai/flux/dev", .text(200, body, "application/json"))
            let failure = try await fixture.submit().failure
            #expect(failure?.kind == .submitOutcomeUnknown)
            #expect(failure?.acceptance == .unknown)
            #expect(failure?.mayHaveCost == true)
            #expect(failure?.resubmission == .never)
        }
    }

    @Test("a refusal is told as such, once, and never quotes the key", arguments: [
        (401, FailureKind.keyRefused, Resubmission.never), (403, .accessDenied, .never), (404, .endpointNotFound, .never),
        (405, .badRequest, .never), (422, .invalidParameter, .never), (429, .rateLimited, .safe), (503, .unavailable, .safe),
    ])
    func refused(status: Int, kind: FailureKind, resubmission: Resubmission) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("POST /fal-ai/flux/dev", .json(status, ["detail": .string("no: Key \(QueueFixture.key)")]))
            let failure = try #require(try await fixture.submit().failure)
            #expect(failure.kind == kind)
            #expect(failure.acceptance == .notAccepted)
            #expect(failure.resubmission == resubmission)
            #expect(failure.message == "no: Key [key]")
            #expect(fixture.fal.asked.count == 1)
        }
    }

    @Test("a 5xx and a redirect are not followed by another try", arguments: [500, 502, 504, 302, 307])
    func once(status: Int) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("POST /fal-ai/flux/dev", .text(status, "<html>", "text/html", ["Location": "/elsewhere"]))
            let failure = try #require(try await fixture.submit().failure)
            #expect(failure.acceptance == (status < 400 ? .notAccepted : .unknown))
            #expect(failure.resubmission == .never)
            #expect(fixture.fal.asked.count == 1)
        }
    }

    @Test("an answer cut off leaves the outcome unknown and is not asked for again")
    func cut() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("POST /fal-ai/flux/dev", .cut(200, after: #"{"request_"#))
            let failure = try await fixture.submit().failure
            #expect(failure?.kind == .submitOutcomeUnknown)
            #expect(failure?.resubmission == .never)
            #expect(fixture.fal.asked.count == 1)
        }
    }

    @Test("a connection that cannot be made is no submit: safe to try again")
    func refusedConnection() async throws {
        try await QueueFixture.with { fixture in
            let upstream = Upstream(
                base: try QueueBase(apiBase: "http://127.0.0.1:\(Self.closedPort)"), key: fixture.upstream.key)
            let failure = try await fixture.run { fixture -> FalFailure? in
                do throws(FalFailure) {
                    _ = try await fixture.client.submit(
                        FalCall(input: [:], imageCount: 1, maximumImages: 1, pixels: .atMost(1)), to: .flux(),
                        at: upstream, until: .test)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(failure?.kind == .unreachable)
            #expect(failure?.acceptance == .notAccepted)
            #expect(failure?.resubmission == .safe)
            #expect(failure?.mayHaveCost == false)
        }
    }

    /// tcpmux: below what the kernel gives to other tests, and nobody has listened there for decades.
    private static let closedPort: UInt16 = 1

    @Test("a job of an earlier process is taken up by its id, its old addresses only if they are fal's")
    func takenUp() throws {
        let job = try SubmittedJob(
            takingUp: "r 1", of: .flux(), statusURL: "https://queue.fal.run/other/requests/1/status",
            responseURL: "https://evil.example/x", cancelURL: nil, from: .fal)
        #expect(job.locations.status.description == "https://queue.fal.run/other/requests/1/status")
        #expect(job.locations.response.description == "https://queue.fal.run/fal-ai/flux/requests/r%201")
        #expect(job.locations.cancel.description == "https://queue.fal.run/fal-ai/flux/requests/r%201/cancel")
    }
}

@Suite("Queue base") struct QueueBaseTests {
    @Test("an api_base as people write it", arguments: [
        ("https://fal.run", "https://queue.fal.run"), ("https://fal.run/", "https://queue.fal.run"),
        ("https://FAL.run:443", "https://queue.fal.run"), ("https://queue.fal.run", "https://queue.fal.run"),
        ("https://falrun.com", "https://queue.falrun.com"), ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.0.0.1:9000/fal/", "http://127.0.0.1:9000/fal"), ("http://[::1]:9000/a/b", "http://[::1]:9000/a/b"),
        ("https://gateway.example/fal", "https://gateway.example/fal"), ("https://notfal.run", "https://notfal.run"),
    ])
    func understood(given: String, base: String) throws {
        #expect(try QueueBase(apiBase: given).description == base)
    }

    @Test("what is no address is refused", arguments: ["", "fal.run", "ftp://fal.run", "https://", "https://fal.run?x=1", "https://u:p@fal.run"])
    func refused(given: String) {
        #expect(throws: QueueBaseError.self) { try QueueBase(apiBase: given) }
    }
}
