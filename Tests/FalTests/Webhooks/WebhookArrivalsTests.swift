import HTTP
import JSON
import Reactor
import Testing

@testable import Fal

extension FalWebhook {
    static func make(_ id: String = QueueFixture.id, _ end: End = .delivered(payload: Array(Deliveries.payload.utf8))) -> FalWebhook {
        FalWebhook(requestID: id, end: end, inferenceTime: 0.001)
    }
}

extension QueueFixture {
    /// Suspends until something that another task does has been done.
    nonisolated func until(_ isDone: @escaping @Sendable () -> Bool) async throws {
        try await run { fixture in
            while !isDone() { try await fixture.reactor.sleep(until: .after(.milliseconds(1))) }
        }
    }
}

/// One who waits for a webhook in a task.
private struct Visitor {
    let arrivals: WebhookArrivals
    let waiter: Waiter
    let place: WebhookArrivals.Place

    init(_ arrivals: WebhookArrivals, _ requestID: String, on reactor: Reactor) {
        self.arrivals = arrivals
        waiter = Waiter(on: reactor)
        place = arrivals.expect(requestID, Wakeup(waiter, on: reactor))
    }

    /// The webhook, once it is there.
    func webhook() async throws -> FalWebhook {
        while true {
            if let webhook = arrivals.take(at: place) { return webhook }
            try await waiter.wait(until: .test)
        }
    }

    func leave() { arrivals.forget(place) }
}

@Suite("Webhook arrivals") struct WebhookArrivalsTests {
    @Test("who waits is told, on its own loop, whichever thread tells; a duplicate changes nothing")
    func told() async throws {
        try await QueueFixture.with { fixture in
            let arrivals = WebhookArrivals()
            let waiting = fixture.start { fixture in
                let visitor = Visitor(arrivals, "r", on: fixture.reactor)
                defer { visitor.leave() }
                return try await visitor.webhook()
            }
            try await fixture.until { arrivals.expected > 0 }
            #expect(arrivals.tell(.make("stranger")) == .kept)
            #expect(arrivals.tell(.make("r")) == .told)
            #expect([.duplicate, .kept].contains(arrivals.tell(.make("r", .deliveredElsewhere(reason: "again")))))
            let webhook = try await waiting.value
            #expect(webhook == .make("r"))
            #expect(arrivals.expected == 0)
        }
    }

    @Test("a webhook that comes before the wait is there when it begins")
    func early() async throws {
        try await QueueFixture.with { fixture in
            let arrivals = WebhookArrivals()
            #expect(arrivals.tell(.make("r")) == .kept)
            #expect(arrivals.tell(.make("r")) == .duplicate)
            let webhook = try await fixture.run { fixture in
                let visitor = Visitor(arrivals, "r", on: fixture.reactor)
                defer { visitor.leave() }
                #expect(arrivals.tell(.make("r")) == .duplicate)
                return try await visitor.webhook()
            }
            #expect(webhook == .make("r"))
        }
    }

    @Test("two who wait for one job are both told")
    func both() async throws {
        try await QueueFixture.with { fixture in
            let arrivals = WebhookArrivals()
            let webhooks = try await fixture.run { fixture in
                let visitors = (0..<2).map { _ in Visitor(arrivals, "r", on: fixture.reactor) }
                #expect(arrivals.tell(.make("r")) == .told)
                var webhooks: [FalWebhook] = []
                for visitor in visitors {
                    webhooks.append(try await visitor.webhook())
                    visitor.leave()
                }
                return webhooks
            }
            #expect(webhooks == [.make("r"), .make("r")])
            #expect(arrivals.expected == 0)
        }
    }

    @Test("a webhook that came to a wait that was given up is there for the next one")
    func givenUp() async throws {
        try await QueueFixture.with { fixture in
            let arrivals = WebhookArrivals()
            let webhook = try await fixture.run { fixture in
                let first = Visitor(arrivals, "r", on: fixture.reactor)
                #expect(arrivals.tell(.make("r")) == .told)
                first.leave()
                let second = Visitor(arrivals, "r", on: fixture.reactor)
                defer { second.leave() }
                return try await second.webhook()
            }
            #expect(webhook == .make("r"))
        }
    }

    @Test("what nobody comes for is bounded in number, in bytes and in time")
    func bounded() {
        var early = EarlyWebhooks()
        let start = Deadline(nanoseconds: 1)
        let payload = [UInt8](repeating: 0x20, count: 100_000)
        for number in 0..<3000 {
            let isKept = early.keep(.make("\(number)", .delivered(payload: payload)), at: start)
            #expect(isKept)
        }
        #expect(early.count == WebhookArrivals.mostEarly)
        let oldest = early.take("0")
        #expect(oldest == nil)
        let kept = (0..<3000).compactMap { early.take("\($0)") }
        #expect(kept.count == WebhookArrivals.mostEarly)
        let bytes = kept.reduce(0) { sum, webhook in
            if case .delivered(let payload) = webhook.end { sum + payload.count } else { sum }
        }
        #expect(bytes <= WebhookArrivals.mostEarlyBytes)
        #expect(early.count == 0)

        _ = early.keep(.make("old"), at: start)
        _ = early.keep(.make("new"), at: start.advanced(by: WebhookArrivals.earlyLifetime))
        let (old, new) = (early.take("old"), early.take("new"))
        #expect(old == nil)
        #expect(new == .make("new"))
    }
}

@Suite("Follow by webhook") struct FollowWebhookTests {
    /// Follows a job whose webhook comes as `tell` says, and gives what came out.
    private func follow(
        _ fixture: QueueFixture, by following: Following = .auto, _ arrivals: WebhookArrivals, for patience: Duration = .test
    ) async throws -> QueueFixture.Followed {
        let job = try await fixture.submitted()
        return try await fixture.run { fixture in
            var followed = QueueFixture.Followed()
            do throws(FalFailure) {
                followed.completion = try await JobFollower(
                    fixture.client, job, at: fixture.upstream, by: following, hearing: arrivals, until: .after(patience)
                ).completion { followed.phases.append($0) }
            } catch {
                followed.failure = error
            }
            return followed
        }
    }

    @Test("a job is submitted with the address, percent-encoded")
    func submitted() async throws {
        try await QueueFixture.with { fixture in
            let line = "POST /fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fgate.example%2F_falgate%2Ffal-webhook%3Fa%3D1%26b%3D%2525"
            fixture.fal.script(line, .json(200, ["request_id": "r1"]))
            let webhook = try #require(URL("https://gate.example/_falgate/fal-webhook?a=1&b=%25"))
            let job = try await fixture.run { fixture in
                let call = FalCall(input: ["prompt": "a cat"], imageCount: 1, maximumImages: 1, pixels: .atMost(1))
                return try await fixture.client.submit(
                    call, to: .flux(), at: fixture.upstream, webhook: webhook, until: .test)
            }
            #expect(job.requestID == "r1")
            #expect(!job.isTakenUp)
            #expect(fixture.fal.lines == [line])
        }
    }

    @Test("the webhook ends the wait; fal is not asked at all", arguments: [Following.auto, .webhook])
    func webhook(following: Following) async throws {
        try await QueueFixture.with(streams: 1) { fixture in
            let arrivals = WebhookArrivals()
            let followed = Task { try await follow(fixture, by: following, arrivals) }
            try await fixture.until { arrivals.expected > 0 }
            #expect(arrivals.tell(.make()) == .told)
            let completion = try #require(try await followed.value.completion)
            #expect(completion.error == nil)
            #expect(completion.webhook == .make())
            #expect(completion.inferenceTime == 0.001)
            #expect(completion.inProgress > .zero && completion.inProgress <= .milliseconds(1))
            #expect(fixture.fal.lines == ["POST /fal-ai/flux/dev"])
            #expect(arrivals.expected == 0)
        }
    }

    @Test("a failure told by webhook is told on")
    func failed() async throws {
        try await QueueFixture.with { fixture in
            let arrivals = WebhookArrivals()
            let failure = FalFailure(.refusedContent, type: "content_policy_violation", message: "no", acceptance: .accepted)
            _ = arrivals.tell(.make(QueueFixture.id, .failed(failure)))
            let completion = try #require(try await follow(fixture, arrivals).completion)
            #expect(completion.error == "no")
            #expect(completion.errorType == "content_policy_violation")
        }
    }

    @Test("a webhook that never comes is made good by a look, and trouble is lived with")
    func backstop() async throws {
        var limits = QueueLimits.quick
        limits.backstopFloor = .milliseconds(5)
        limits.backstopCeiling = .milliseconds(5)
        try await QueueFixture.with(limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .inQueue(1), .text(503, ""), .inProgress, .completed)
            let arrivals = WebhookArrivals()
            let followed = try await follow(fixture, arrivals)
            #expect(followed.phases == [.inQueue(position: 1), .inProgress])
            #expect(followed.completion?.webhook == nil)
            #expect(followed.completion?.inferenceTime == 0.001)
            #expect(fixture.fal.asked.count == 5)
            #expect(arrivals.expected == 0)
        }
    }

    @Test("a job that fal refuses to tell of is followed on")
    func refused() async throws {
        var limits = QueueLimits.quick
        limits.backstopFloor = .milliseconds(1)
        limits.backstopCeiling = .milliseconds(1)
        try await QueueFixture.with(limits: limits) { fixture in
            let refusals = Array(repeating: Response.json(404, ["status": "NOT_FOUND"]), count: 10)
            fixture.fal.script("GET \(fixture.path)/status", refusals + [.completed])
            let followed = try await follow(fixture, WebhookArrivals())
            #expect(followed.completion != nil)
        }
    }

    @Test("a job of an earlier process is looked at at once")
    func takenUp() async throws {
        var limits = QueueLimits.patient
        limits.pollFloor = .milliseconds(1)
        limits.backstopFloor = .seconds(600)
        limits.backstopCeiling = .seconds(600)
        try await QueueFixture.with(limits: limits) { fixture in
            fixture.fal.script("GET \(fixture.path)/status", .completed)
            let job = try SubmittedJob(
                takingUp: QueueFixture.id, of: .flux(), statusURL: nil, responseURL: nil, cancelURL: nil,
                from: fixture.upstream.base)
            let arrivals = WebhookArrivals()
            let completion = try await fixture.run { fixture in
                try await JobFollower(fixture.client, job, at: fixture.upstream, hearing: arrivals, until: .test).completion()
            }
            #expect(completion.webhook == nil)
        }
    }

    @Test("deadline and cancellation end the wait, and the place is given back")
    func ends() async throws {
        try await QueueFixture.with(limits: .patient) { fixture in
            let arrivals = WebhookArrivals()
            #expect(try await follow(fixture, arrivals, for: .milliseconds(50)).failure?.kind == .deadlineExceeded)
            #expect(arrivals.expected == 0)
            let job = try await fixture.submitted()
            let following = fixture.start { fixture -> FalFailure? in
                do throws(FalFailure) {
                    _ = try await JobFollower(fixture.client, job, at: fixture.upstream, hearing: arrivals, until: .test).completion()
                    return nil
                } catch {
                    return error
                }
            }
            try await fixture.until { arrivals.expected > 0 }
            following.cancel()
            #expect(try await following.value?.kind == .interrupted)
            #expect(arrivals.expected == 0)
        }
    }

    @Test("the configuration's word decides: streams and looks leave webhooks alone", arguments: [Following.stream, .poll])
    func otherwise(following: Following) async throws {
        try await QueueFixture.with(streams: 1) { fixture in
            fixture.fal.script(
                "GET \(fixture.path)/status/stream", .events("data: {\"status\":\"COMPLETED\"}\n\n"))
            fixture.fal.script("GET \(fixture.path)/status", .completed)
            _ = try await follow(fixture, by: following, WebhookArrivals())
            #expect(fixture.fal.lines.last == "GET \(fixture.path)/status" + (following == .stream ? "/stream" : ""))
            #expect(!following.asksForWebhook)
        }
    }

    @Test("an output that the webhook brought stands in for a result that is gone")
    func standsIn() async throws {
        try await QueueFixture.with { fixture in
            fixture.fal.script("GET \(fixture.path)", .json(404, ["status": "NOT_FOUND"]))
            let brought = Completion(queued: .zero, inProgress: .zero, webhook: .make())
            let result = try await fixture.result(after: brought).get()
            #expect(result.output.images.count == 1)
            #expect(result.billableUnits == nil)
            let elsewhere = Completion(queued: .zero, inProgress: .zero, webhook: .make(QueueFixture.id, .deliveredElsewhere(reason: "x")))
            #expect(try await fixture.result(after: elsewhere, for: .milliseconds(50)).failure?.kind == .deadlineExceeded)
            fixture.fal.script("GET \(fixture.path)", .image)
            #expect(try await fixture.result(after: brought).get().billableUnits != nil)
        }
    }
}
