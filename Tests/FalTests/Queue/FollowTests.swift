import HTTP
import JSON
import Reactor
import Testing

@testable import Fal

@Suite("Follow by polling") struct PollingTests {
    @Test("a job is followed through its phases to its end, with key")
    func phases() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script(
                "GET \(fixture.path)/status", .inQueue(2), .inQueue(1), .inQueue(1), .inProgress, .inProgress, .completed)
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inQueue(position: 1), .inProgress])
            let completion = try #require(followed.completion)
            #expect(completion.error == nil)
            #expect(completion.inferenceTime == 0.001)
            #expect(completion.queued > .zero && completion.inProgress > .zero)
            #expect(fixture.fal.asked.dropFirst().allSatisfy { $0.fields.first("authorization") == "Key \(QueueFixture.key)" })
            #expect(fixture.fal.lines.dropFirst() == Array(repeating: "GET \(fixture.path)/status", count: 6)[...])
        }
    }

    @Test("the body decides, not the code: 200 while running, 202 when completed")
    func bodyDecides() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script(
                "GET \(fixture.path)/status", .json(200, ["status": "IN_QUEUE", "queue_position": 0]),
                .json(200, ["status": "IN_PROGRESS"]), .json(202, ["status": "COMPLETED"]))
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inQueue(position: 0), .inProgress])
            #expect(fixture.fal.asked.count == 4)
        }
    }

    @Test("a job that goes back into the queue is followed on")
    func requeued() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .inProgress, .inQueue(0), .inProgress, .completed)
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inProgress, .inQueue(position: 0), .inProgress])
        }
    }

    @Test("a failed job is completed with an error")
    func failed() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .json(200, [
                "status": "COMPLETED", "error": "Request timed out", "error_type": "request_timeout",
            ]))
            let completion = try #require(try await fixture.follow().completion)
            #expect(completion.error == "Request timed out")
            #expect(completion.errorType == "request_timeout")
        }
    }

    @Test("trouble on the way is lived with", arguments: [
        Response.text(500, "<html>"), .text(502, "<html>"), .json(503, ["detail": "x"]), .text(504, ""), .text(429, ""),
        .json(202, ["status": "HIBERNATING"]), .text(200, "garbage"), .text(200, ""), .json(200, [:]), .json(202, ["status": 7]),
        .cut(202, after: #"{"status":"IN_"#), .text(302, ""), .json(404, ["status": "NOT_FOUND"]), .json(403, ["detail": "User is locked"]),
    ])
    func trouble(answer: Response) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .inQueue(1), answer, answer, .inProgress, answer, .completed)
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inQueue(position: 1), .inProgress])
            #expect(followed.completion != nil)
        }
    }

    @Test("however often fal refuses to tell of a job, it may be paid and is followed on", arguments: [404, 401, 403, 422])
    func refused(status: Int) async throws {
        try await QueueFixture.with { fixture in
            let refusals = Array(repeating: Response.json(status, ["status": "NOT_FOUND"]), count: 20)
            fixture.fal.script("GET \(fixture.path)/status", refusals + [.completed])
            let followed = try await fixture.follow()
            #expect(followed.completion != nil)
        }
    }

    @Test("a cancelled job that fal does not know, again and again, is gone", arguments: [404, 403])
    func gone(status: Int) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("PUT \(fixture.path)/cancel", .json(202, ["status": "CANCELLATION_REQUESTED"]))
            let refusals = Array(repeating: Response.json(status, ["status": "NOT_FOUND"]), count: QueueLimits().refusals)
            fixture.fal.script("GET \(fixture.path)/status", refusals + [.completed])
            let job = try await fixture.submitted()
            let failure = try await fixture.run { fixture -> FalFailure? in
                let follower = JobFollower(fixture.client, job, at: fixture.upstream, until: .test)
                do throws(FalFailure) {
                    _ = try await follower.cancel()
                    _ = try await follower.completion()
                    return nil
                } catch {
                    return error
                }
            }
            // To refuse to tell is not to know nothing of it.
            #expect(failure?.kind == (status == 404 ? .jobNotFound : nil))
        }
    }

    @Test("a job that never ends is given up at the deadline", arguments: [
        Response.inQueue(0), .inProgress, .text(503, "<html>busy</html>"),
    ])
    func deadline(answer: Response) async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)/status", answer)
            let failure = try #require(try await fixture.follow(for: .milliseconds(500)).failure)
            #expect(failure.kind == .deadlineExceeded)
            #expect(failure.acceptance == .accepted)
            #expect(failure.mayHaveCost)
            #expect(failure.requestID == QueueFixture.id)
            if answer.status == 503 { #expect(failure.detail.contains("503")) }
        }
    }

    @Test("cancellation ends the wait at once")
    func cancelled() async throws {
        try await QueueFixture.with(limits: .patient) { fixture in
            let job = try await fixture.submitted()
            let following = fixture.start { fixture -> FalFailure? in
                do throws(FalFailure) {
                    _ = try await JobFollower(fixture.client, job, at: fixture.upstream, until: .test).completion()
                    return nil
                } catch {
                    return error
                }
            }
            following.cancel()
            #expect(try await following.value?.kind == .interrupted)
        }
    }

    @Test("looks become rarer with the time a job takes, and trouble backs off")
    func pacing() {
        let (start, limits) = (Deadline(nanoseconds: 1_000_000_000), QueueLimits())
        var pacing = Pacing(since: start, isBackstop: false)
        let at = { (seconds: Double) in start.advanced(by: .seconds(seconds)) }
        #expect(pacing.next(at: start, limits) == .milliseconds(100))
        #expect(pacing.next(at: at(0.2), limits) == .milliseconds(100))
        #expect(pacing.next(at: at(4), limits) == .milliseconds(500))
        #expect(pacing.next(at: at(24), limits) == .seconds(3))
        #expect(pacing.next(at: at(600), limits) == .seconds(3))
        let failure = FalFailure(.unavailable, message: "", acceptance: .accepted)
        let waits = (0..<7).map { _ in
            pacing.hadTrouble(failure)
            return pacing.next(at: at(1), limits)
        }
        #expect(waits == [250, 500, 1000, 2000, 4000, 5000, 5000].map { .milliseconds($0) })
        pacing.wentWell()
        #expect(pacing.next(at: at(8), limits) == .seconds(1))
    }
}

@Suite("Follow by stream") struct StreamTests {
    private static let queued = "data: {\"status\":\"IN_QUEUE\",\"queue_position\":1}\n\n"
    private static let progress = ": keep-alive\r\n\r\ndata: {\"status\":\"IN_PROGRESS\"}\n\n"
    private static let done = "data: {\"status\":\"COMPLETED\",\"metrics\":{\"inference_time\":3.5}}\n\n"

    @Test("while there is a place, a job is heard to its end without a single look")
    func heard() async throws {
        try await QueueFixture.with(streams: 1) { fixture in
            fixture.fal.script(
                "GET \(fixture.path)/status/stream", .events(Self.queued, Self.progress, "data: nonsense\n\n", Self.done, Self.queued))
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inQueue(position: 1), .inProgress])
            #expect(followed.completion?.inferenceTime == 3.5)
            #expect(fixture.fal.lines == ["POST /fal-ai/flux/dev", "GET \(fixture.path)/status/stream"])
            #expect(fixture.fal.asked.last?.fields.all("accept") == ["text/event-stream"])
            #expect(fixture.streams.available == 1)
        }
    }

    @Test("a stream that breaks or is not served is followed by polling", arguments: [
        Response.events(queued, progress, then: true), .events(queued, progress), .events("data: {\"status\":\"IN_", then: true),
        .events(), .json(404, ["status": "NOT_FOUND"]), .text(405, ""), .text(500, "<html>"), .json(200, ["status": "IN_QUEUE"]),
        .text(302, ""), .text(200, done, "text/plain"), .endlessLine,
    ])
    func fallsBack(stream: Response) async throws {
        try await QueueFixture.with(streams: 1) { fixture in
            fixture.fal.script("GET \(fixture.path)/status/stream", stream)
            fixture.fal.script("GET \(fixture.path)/status", .inProgress, .completed)
            let followed = try await fixture.follow()
            #expect(followed.completion != nil)
            #expect(followed.phases.last == .inProgress)
            #expect(fixture.fal.lines.dropFirst() == [
                "GET \(fixture.path)/status/stream", "GET \(fixture.path)/status", "GET \(fixture.path)/status",
            ])
            #expect(fixture.streams.available == 1)
        }
    }

    @Test("a stream that falls silent is followed by polling")
    func silent() async throws {
        var limits = QueueLimits.quick
        limits.streamIdle = .milliseconds(50)
        try await QueueFixture.with(streams: 1, limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)/status/stream", Response(
                status: 200, fields: ["Content-Type": "text/event-stream"],
                body: .stream { writer in
                    try await writer.write(Array(Self.progress.utf8))
                    try await Task.sleep(for: .seconds(20))
                }))
            fixture.fal.script("GET \(fixture.path)/status", .completed)
            let followed = try await fixture.follow()
            #expect(followed.phases == [.inProgress])
            #expect(followed.completion != nil)
        }
    }

    @Test("without a place there is no stream, and a place is given back after every end")
    func bounded() async throws {
        try await QueueFixture.with(streams: 0) { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .completed)
            _ = try await fixture.follow()
            #expect(!fixture.fal.lines.contains { $0.hasSuffix("/stream") })
        }
        let allowance = StreamAllowance(maximum: 2)
        #expect([allowance.take(), allowance.take(), allowance.take()] == [true, true, false])
        allowance.giveBack()
        #expect(allowance.available == 1)
        #expect(allowance.take())
    }

    @Test("the deadline ends a stream, too")
    func deadline() async throws {
        try await QueueFixture.with(streams: 1) { fixture in
            fixture.fal.script("GET \(fixture.path)/status/stream", Response(
                status: 200, fields: ["Content-Type": "text/event-stream"],
                body: .stream { _ in try await Task.sleep(for: .seconds(20)) }))
            let failure = try #require(try await fixture.follow(for: .milliseconds(150)).failure)
            #expect(failure.kind == .deadlineExceeded)
            #expect(fixture.streams.available == 1)
        }
    }

    @Test("query and slash of a status address go to the right place")
    func address() throws {
        let job = { (status: String) in
            try SubmittedJob(takingUp: "1", of: .flux(), statusURL: status, responseURL: nil, cancelURL: nil, from: .fal)
        }
        let base = "https://queue.fal.run/fal-ai/flux/requests/1/status"
        #expect(try job(base).locations.statusStream().description == base + "/stream")
        #expect(try job(base + "/").locations.statusStream().description == base + "/stream")
        #expect(try job(base + "?logs=1").locations.statusStream().description == base + "/stream?logs=1")
    }
}

extension QueueLimits {
    /// Looks so rarely that a test is over before the first.
    static var patient: QueueLimits {
        var limits = QueueLimits()
        limits.pollFloor = .seconds(15)
        limits.pollCeiling = .seconds(15)
        return limits
    }
}
