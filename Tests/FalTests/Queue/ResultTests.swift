import HTTP
import JSON
import Money
import Reactor
import Testing

@testable import Fal

@Suite("Result") struct ResultTests {
    private static let failed = Completion(queued: .zero, inProgress: .zero, error: "The runner broke", errorType: "runner_server_error")

    @Test("images and the billed units are read")
    func read() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", .image)
            let result = try await fixture.result().get()
            #expect(result.output.images.map(\.source) == [.address("https://v3.fal.media/a.png")])
            #expect(result.billableUnits == DecimalQuantity("1.5"))
        }
    }

    @Test("a missing or senseless count of units is no count", arguments: [nil, "", "many", "NaN", "1,5"])
    func units(value: String?) async throws {
        try await QueueFixture.with { fixture in
            var fields = Fields()
            if let value { fields.append("X-Fal-Billable-Units", value) }
            fixture.fal.script("GET \(fixture.path)", .json(200, ["images": ["https://x/y"]], fields))
            let result = try await fixture.result().get()
            #expect(result.billableUnits == nil)
        }
    }

    @Test("what may pass is tried again: the race, lost connections, the front door", arguments: [
        Response.json(400, ["detail": "Request is still in progress", "request_id": "x"]), .inProgress, .text(202, ""),
        .text(502, "<html>nginx</html>"), .text(503, "<html>"), .text(504, ""), .text(429, ""),
        .cut(200, after: #"{"images":[{"url":"https://v3.fal.media/a"#),
    ])
    func passing(answer: Response) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", answer, answer, .image)
            _ = try await fixture.result().get()
            #expect(fixture.fal.asked.count == 4)
        }
    }

    @Test("what the model said is final", arguments: [
        (Response.json(422, ["detail": [["loc": ["body", "prompt"], "msg": "no", "type": "content_policy_violation"]]]), FailureKind.refusedContent),
        (.json(400, ["detail": "no", "error_type": "bad_request"]), .badRequest),
        (.json(500, ["detail": "no"], ["x-fal-request-id": "r"]), .modelFailed),
        (.json(502, ["detail": "no", "error_type": "runner_incomplete_response"]), .modelFailed),
        (.json(503, ["detail": "no", "error_type": "runner_disconnected"]), .unavailable),
        (.text(500, "Internal Server Error", "text/plain", ["x-fal-request-id": "r"]), .modelFailed),
        (.json(504, ["detail": "no", "error_type": "request_timeout"]), .timedOut),
        (.json(200, ["images": []]), .nothingGenerated),
        (.json(200, ["images": [["width": 8]]], ["x-fal-billable-units": "1"]), .unintelligible),
    ])
    func final(answer: Response, kind: FailureKind) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", answer, .image)
            let failure = try #require(try await fixture.result().failure)
            #expect(failure.kind == kind)
            #expect(failure.acceptance == .accepted)
            #expect(failure.requestID == QueueFixture.id)
            #expect(fixture.fal.asked.count == 2)
        }
    }

    @Test("a result that is not shown is asked for again", arguments: [
        Response.json(404, ["status": "NOT_FOUND"]), .json(404, ["detail": "Application \"flux\" not found"]),
        .json(403, ["detail": "User is locked. Reason: Exhausted balance"]), .json(401, ["detail": "no"]), .json(500, ["detail": "no"]),
        .json(200, ["images": [["width": 8]]]), .json(200, [8]), .text(302, ""), .text(200, "<html>"), .text(200, ""), .text(503, "<html>"), .json(429, ["detail": "no"]),
        .json(400, ["detail": "Request is still in progress"]),
    ])
    func withheld(answer: Response) async throws {
        var limits = QueueLimits.quick
        limits.resultAttempts = 2
        try await QueueFixture.with(limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)", Array(repeating: answer, count: 30) + [.image])
            _ = try await fixture.result().get()
        }
    }

    @Test("where the result says nothing of a failure, the status did", arguments: [
        Response.json(404, ["status": "NOT_FOUND"]), .json(200, [:]), .text(200, ""), .json(403, ["detail": "User is locked"]),
        .text(503, "<html>"),
    ])
    func fromStatus(answer: Response) async throws {
        var limits = QueueLimits.quick
        limits.resultAttempts = 4
        try await QueueFixture.with(limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)", answer)
            let failure = try #require(try await fixture.result(after: Self.failed).failure)
            #expect(failure.kind == .modelFailed)
            #expect(failure.type == "runner_server_error")
            #expect(failure.message == "The runner broke")
        }
    }

    @Test("what the status said is told without the key that it may quote")
    func secretStatus() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", .json(404, ["status": "NOT_FOUND"]), .json(200, ["images": []]))
            let quoting = Completion(
                queued: .zero, inProgress: .zero, error: "no such key: \(QueueFixture.key)", errorType: "refused_\(QueueFixture.key)")
            for _ in 1...2 {
                let failure = try #require(try await fixture.result(after: quoting).failure)
                #expect(failure.message == "no such key: [key]")
                #expect(failure.type == "refused_[key]")
            }
        }
    }

    @Test("the result's own words outweigh the status's, and images outweigh both")
    func ownWords() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script(
                "GET \(fixture.path)", .json(422, ["detail": [["loc": ["body", "seed"], "msg": "no", "type": "less_than"]]]), .image)
            let invalid = try await fixture.result(after: Self.failed)
            #expect(invalid.failure?.kind == .invalidParameter)
            _ = try await fixture.result(after: Self.failed).get()
        }
    }

    @Test("a result beyond all bounds is not read, nor asked for again")
    func tooLarge() async throws {
        var limits = QueueLimits.quick
        limits.resultBytes = 1000
        try await QueueFixture.with(limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)", .text(200, String(repeating: " ", count: 1001)))
            let failure = try await fixture.result().failure
            #expect(failure?.kind == .unintelligible)
            #expect(fixture.fal.asked.count == 2)
        }
    }

    @Test("the deadline ends it, and it may have cost", arguments: [
        Response.text(503, "<html>"), .json(404, ["status": "NOT_FOUND"]), .json(403, ["detail": "User is locked"]),
        .json(400, ["detail": "Request is still in progress"]), .cut(200, after: "{"),
    ])
    func deadline(answer: Response) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", answer)
            let failure = try await fixture.result(for: .milliseconds(60)).failure
            #expect(failure?.kind == .deadlineExceeded)
            #expect(failure?.acceptance == .accepted)
            #expect(failure?.mayHaveCost == true)
        }
    }
}

@Suite("Cancel") struct CancelTests {
    private func cancel(_ fixture: QueueFixture) async throws -> Result<Cancellation, FalFailure> {
        let job = try await fixture.submitted()
        return try await fixture.run { fixture in
            do throws(FalFailure) {
                return .success(try await fixture.client.cancel(job, at: fixture.upstream, until: .test))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test("fal's answers to a cancel", arguments: [
        (Response.json(202, ["status": "CANCELLATION_REQUESTED"]), Cancellation.requested),
        (.json(200, ["status": "OK"]), .requested), (.json(200, ["success": true]), .requested),
        (.json(400, ["status": "ALREADY_COMPLETED"]), .alreadyCompleted),
        (.json(404, ["status": "NOT_FOUND"]), .unknownJob), (.text(404, ""), .unknownJob),
    ])
    func answers(answer: Response, outcome: Cancellation) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("PUT \(fixture.path)/cancel", answer)
            let answered = try await cancel(fixture)
            #expect(answered == .success(outcome))
            #expect(fixture.fal.asked.last?.fields.first("authorization") == "Key \(QueueFixture.key)")
        }
    }

    @Test("a lost answer is made good, a refusal is not")
    func retries() async throws {
        try await QueueFixture.with { fixture in
            let requested = Response.json(202, ["status": "CANCELLATION_REQUESTED"])
            fixture.fal.script("PUT \(fixture.path)/cancel", .text(502, "<html>"), .cut(202, after: "{"), requested)
            let mended = try await cancel(fixture)
            #expect(mended == .success(.requested))
            fixture.fal.script(
                "PUT \(fixture.path)/cancel", .text(202, String(repeating: " ", count: QueueLimits().lookBytes + 1)), requested)
            let unread = try await cancel(fixture)
            #expect(unread == .success(.requested))
            fixture.fal.script("PUT \(fixture.path)/cancel", .json(401, ["detail": "no"]), requested)
            let denied = try await cancel(fixture)
            #expect(denied.failure?.kind == .keyRefused)
            fixture.fal.script("PUT \(fixture.path)/cancel", .text(500, "<html>"))
            let before = fixture.fal.asked.count
            let failed = try await cancel(fixture)
            #expect(failed.failure?.kind == .modelFailed)
            #expect(fixture.fal.asked.count == before + 1 + QueueLimits().cancelAttempts)
        }
    }
}

@Suite("Key check") struct ProbeTests {
    @Test("UUIDs are random and of version 4")
    func uuid() throws {
        let ids = Set((0..<100).map { _ in String.randomUUID() })
        #expect(ids.count == 100)
        for id in ids {
            #expect(try #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#.wholeMatch(in: id) != nil)
        }
    }

    @Test("a job nobody knows tells whether the key is known")
    func unknownJob() async throws {
        try await QueueFixture.with { fixture in
            let check = try await fixture.run { fixture in
                await fixture.client.probe(fixture.upstream, with: try .flux(), until: .test)
            }
            #expect(check == .usable)
            let line = try #require(fixture.fal.lines.first)
            #expect(line.hasPrefix("GET /fal-ai/flux/requests/") && line.hasSuffix("/status"))
        }
    }
}
