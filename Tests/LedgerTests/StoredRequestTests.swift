import Money
import SQLite
import TemporaryFolders
import Testing

@testable import Ledger

@Suite("Stored requests") struct StoredRequestTests {
    let folder: TemporaryFolder
    let ledger: Ledger

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.database)
    }

    @Test("a request is there from open on, and its answer from settle on, as they were written")
    func life() async throws {
        var draft = StoredRequest.Draft.make(key: "order-1")
        draft.webhook = Webhook(url: "https://example.com/hook", secretID: "whsec-1")
        #expect(try await ledger.open(.make(), jobs: [.make()], stored: draft) == .opened)
        var expected = StoredRequest(.make(), draft)
        #expect(try await ledger.storedRequest(id: orderedID(1)) == expected)
        #expect(expected.isRunning)

        let before = Timestamp.now
        try await ledger.settle(.make(), jobs: [JobSettlement(JobRow.make().id, .settled)], stored: .kept(.made, until: .later))
        let found = try #require(try await ledger.storedRequest(id: orderedID(1)))
        let end = try #require(found.end)
        #expect(end.at >= before && end.at <= .now)
        expected.end = StoredRequest.End(answer: .made, at: end.at, expiresAt: .later)
        expected.webhook?.nextAttemptAt = end.at
        #expect(found == expected)
        #expect(try await ledger.storedRequest(key: expected.keyHash, idempotencyKey: "order-1") == expected)
    }

    @Test("nothing is stored unless it is asked for")
    func notStored() async throws {
        try await ledger.open(.make(), jobs: [.make()])
        try await ledger.settle(.make(), jobs: [JobSettlement(JobRow.make().id, .settled)], stored: .kept(.made, until: .later))
        #expect(try await ledger.storedRequest(id: orderedID(1)) == nil)
    }

    @Test("of a thousand requests with one key at once one is opened, and the others join it")
    func joins() async throws {
        let outcomes = try await withThrowingTaskGroup(of: OpenOutcome.self) { group in
            for number in 1...1000 {
                group.addTask { try await ledger.open(.make(number), jobs: [.make(number)], stored: .make(key: "same")) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let open = try await ledger.openRequests()
        #expect(open.count == 1)
        #expect(outcomes.filter { $0 == .opened }.count == 1)
        let winner = try #require(open.first?.stored)
        #expect(outcomes.filter { $0 == .joined(winner) }.count == 999)
    }

    @Test("a key is its caller's alone, and callers without a key share theirs")
    func scope() async throws {
        var stranger = RequestRow.make(2)
        stranger.keyHash = "ffff"
        var (nobody, nobodyElse) = (RequestRow.make(3), RequestRow.make(4))
        (nobody.keyHash, nobodyElse.keyHash) = (nil, nil)
        let draft = StoredRequest.Draft.make(key: "k")
        #expect(try await ledger.open(.make(1), jobs: [.make(1)], stored: draft) == .opened)
        #expect(try await ledger.open(stranger, jobs: [.make(2)], stored: draft) == .opened)
        #expect(try await ledger.open(nobody, jobs: [.make(3)], stored: draft) == .opened)
        let anonymous = StoredRequest(nobody, draft)
        #expect(try await ledger.open(nobodyElse, jobs: [.make(4)], stored: draft) == .joined(anonymous))
        #expect(try await ledger.storedRequest(key: nil, idempotencyKey: "k") == anonymous)
        #expect(anonymous.keyHash == nil)
    }

    @Test("another body with the same key is given the first, to be compared")
    func otherBody() async throws {
        let first = StoredRequest.Draft.make(key: "k", fingerprint: 1)
        try await ledger.open(.make(1), jobs: [.make(1)], stored: first)
        let second = try await ledger.open(.make(2), jobs: [.make(2)], stored: .make(key: "k", fingerprint: 2))
        #expect(second == .joined(StoredRequest(.make(1), first)))
    }

    @Test("a failure that cost nothing is forgotten, and the next one runs afresh")
    func forgotten() async throws {
        try await ledger.open(.make(1), jobs: [.make(1)], stored: .make(key: "k"))
        try await ledger.settle(
            .make(1, status: .failure), jobs: [JobSettlement(JobRow.make(1).id, .refused)], stored: .forgotten)
        #expect(try await ledger.storedRequest(id: orderedID(1)) == nil)
        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: .make(key: "k")) == .opened)
    }

    @Test("a request whose job may still cost money cannot be forgotten")
    func notForgotten() async throws {
        let draft = StoredRequest.Draft.make(key: "k")
        try await ledger.open(.make(1), jobs: [.make(1)], stored: draft)
        try await ledger.settle(
            .make(1, status: .failure), jobs: [JobSettlement(JobRow.make(1).id, .unknown)], stored: .forgotten)
        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: draft) == .joined(StoredRequest(.make(1), draft)))
    }

    @Test("a request without jobs holds its key for nobody")
    func orphan() async throws {
        try await ledger.open(.make(1), jobs: [.make(1)], stored: .make(key: "k"))
        try await ledger.settle(.make(1), jobs: [JobSettlement(JobRow.make(1).id, .settled)])
        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: .make(key: "k", joinsSince: .noon)) == .opened)
        #expect(try await ledger.storedRequest(id: orderedID(1)) == nil)
    }

    @Test("a request that runs on after its answer is ended by its last job")
    func late() async throws {
        let job = JobRow.make()
        try await ledger.open(.make(), jobs: [job], stored: .make())
        try await ledger.submit(job.id)
        try await ledger.settle(.make(cost: 0, images: 0, status: .failure), jobs: [JobSettlement(job.id, .givenUp)])
        #expect(try await ledger.storedRequest(id: orderedID(1))?.isRunning == true)
        let end = LateEnd(cost: Nanodollars(rawValue: 7), basis: .billed, images: 1)
        try await ledger.settleLate([(job.id, end)], stored: .kept(.made, until: .later))
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == .made)
    }

    @Test("late images replace a failure, and nothing replaces images")
    func replaced() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1)]
        let failure = StoredAnswer(.failed, httpStatus: 502, body: Array("{}".utf8))
        try await ledger.open(.make(), jobs: jobs, stored: .make())
        try await ledger.settle(.make(), jobs: jobs.map { JobSettlement($0.id, .unknown) }, stored: .kept(failure, until: .later))
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == failure)
        let end = LateEnd(cost: .zero, basis: .billed, images: 1)
        try await ledger.settleLate([(jobs[0].id, end)], stored: .kept(.made, until: .later))
        try await ledger.settleLate([(jobs[1].id, end)], stored: .kept(failure, until: .later))
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == .made)
    }

    @Test("images of a second late job join those of the first, and nothing else of the answer changes")
    func extended() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1), .make(1, 2)]
        let failure = StoredAnswer(.failed, httpStatus: 502, body: Array("{}".utf8))
        let both = StoredAnswer(.finished, httpStatus: 200, body: Array(#"{"data":[1,2]}"#.utf8))
        try await ledger.open(.make(), jobs: jobs, stored: .make())
        try await ledger.settle(.make(), jobs: jobs.map { JobSettlement($0.id, .unknown) }, stored: .kept(failure, until: .later))
        let end = LateEnd(cost: .zero, basis: .billed, images: 1)
        try await ledger.settleLate([(jobs[0].id, end)], stored: .extended(both))
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == failure)
        try await ledger.settleLate([(jobs[1].id, end)], stored: .kept(.made, until: .later))
        let first = try #require(try await ledger.storedRequest(id: orderedID(1))?.end)
        try await ledger.settleLate([(jobs[2].id, end)], stored: .extended(both))
        #expect(
            try await ledger.storedRequest(id: orderedID(1))?.end
                == StoredRequest.End(answer: both, at: first.at, expiresAt: first.expiresAt))
    }

    @Test("a longer answer than can be kept leaves the one that is")
    func extendedTooFar() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1)]
        try await ledger.open(.make(), jobs: jobs, stored: .make())
        try await ledger.settle(
            .make(), jobs: [JobSettlement(jobs[0].id, .settled), JobSettlement(jobs[1].id, .unknown)], stored: .kept(.made, until: .later))
        let long = StoredAnswer(.finished, httpStatus: 200, body: [UInt8](repeating: 0x20, count: StoredAnswer.maximumBytes + 1))
        try await ledger.settleLate([(jobs[1].id, LateEnd(cost: .zero, basis: .billed, images: 1))], stored: .extended(long))
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == .made)
    }

    @Test("a repetition without a key joins what runs and was asked lately by the same caller, and only that")
    func fingerprint() async throws {
        let draft = StoredRequest.Draft.make(fingerprint: 7)
        try await ledger.open(.make(1), jobs: [.make(1)], stored: draft)
        let first = StoredRequest(.make(1), draft)
        func find(_ fingerprint: UInt8, key: String? = "88dc28d0", since: Timestamp = .noon) async throws -> StoredRequest? {
            try await ledger.runningRequest(key: key, fingerprint: .fingerprint(fingerprint), since: since)
        }
        #expect(try await find(7) == first)
        #expect(try await find(8) == nil)
        #expect(try await find(7, key: "other") == nil)
        #expect(try await find(7, key: nil) == nil)
        #expect(try await find(7, since: .noon.advanced(by: .milliseconds(1))) == nil)

        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: draft) == .opened)
        var joining = draft
        joining.joinsSince = .noon
        let outcome = try await ledger.open(.make(3), jobs: [.make(3)], stored: joining)
        #expect(outcome == .joined(StoredRequest(.make(2), draft)) || outcome == .joined(first))
        joining.joinsSince = .noon.advanced(by: .seconds(1))
        #expect(try await ledger.open(.make(3), jobs: [.make(3)], stored: joining) == .opened)

        for number in 2...3 {
            try await ledger.settle(
                .make(number), jobs: [JobSettlement(JobRow.make(number).id, .settled)], stored: .kept(.made, until: .later))
        }
        #expect(try await find(7) == first)
    }

    @Test("no look-up for a repetition walks over the requests that are kept")
    func repetitionPlans() throws {
        let reader = try Connection(path: folder.database, access: .readOnly, busyTimeout: .zero)
        for (query, index, values) in [
            (RequestStore.runningByFingerprint, "requests_running (fingerprint=? AND created_at>?)", 3),
            (RequestStore.byIdempotencyKey, "requests_by_idempotency_key (owner=? AND idempotency_key=?)", 2),
        ] {
            let plan = try Statement("EXPLAIN QUERY PLAN " + query, on: reader)
                .rows(Array(repeating: .null, count: values)) { row in row.text(3) }
            #expect(plan.first == "SEARCH requests USING INDEX " + index)
        }
    }

    @Test("a request that came in before its key's holder expired, and is written afterwards, gets the key")
    func expiredMeanwhile() async throws {
        try await ledger.open(.make(1), jobs: [.make(1)], stored: .make(key: "k"))
        let expiry = Timestamp.now
        try await ledger.settle(.make(1), jobs: [JobSettlement(JobRow.make(1).id, .settled)], stored: .kept(.made, until: expiry))
        // `.make(2)` came in at noon, long before.
        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: .make(key: "k")) == .opened)
    }

    @Test("whoever takes the key of an expired request leaves it its webhook")
    func webhookOfExpired() async throws {
        var draft = StoredRequest.Draft.make(key: "k")
        draft.webhook = Webhook(url: "https://example.com/hook", secretID: nil)
        try await ledger.open(.make(1), jobs: [.make(1)], stored: draft)
        try await ledger.settle(
            .make(1), jobs: [JobSettlement(JobRow.make(1).id, .settled)], stored: .kept(.made, until: .noon))
        #expect(try await ledger.open(.make(2), jobs: [.make(2)], stored: .make(key: "k")) == .opened)
        #expect(try await ledger.dueWebhooks(before: .later).map(\.id) == [orderedID(1)])
        #expect(try await ledger.forgetExpired(before: .now) == [])
        #expect(try await ledger.webhookAttempted(orderedID(1), .delivered(at: .now)))
        #expect(try await ledger.forgetExpired(before: .now) == [orderedID(1)])
    }

    @Test("what has expired is not shown, holds its key for nobody, and is deleted in steps")
    func expiry() async throws {
        for number in 1...5 {
            try await ledger.open(.make(number), jobs: [.make(number)], stored: .make(key: "k\(number)"))
            let until = Timestamp.noon.advanced(by: .milliseconds(number < 5 ? -number : 1_000))
            try await ledger.settle(
                .make(number), jobs: [JobSettlement(JobRow.make(number).id, .settled)], stored: .kept(.made, until: until))
        }
        #expect(try await ledger.storedRequest(id: orderedID(5)) == nil)
        #expect(try await ledger.storedRequest(key: "88dc28d0", idempotencyKey: "k5") == nil)
        #expect(try await ledger.open(.make(6), jobs: [.make(6)], stored: .make(key: "k1")) == .opened)
        #expect(Set(try await ledger.forgetExpired(before: .noon, atMost: 2)) == [orderedID(4), orderedID(3)])
        #expect(Set(try await ledger.forgetExpired(before: .noon, atMost: 2)) == [orderedID(2), orderedID(1)])
        #expect(try await ledger.forgetExpired(before: .noon) == [])
        #expect(try await ledger.openRequests().map(\.stored?.id) == [orderedID(6)])
    }

    @Test("a webhook is due from the end on until it is delivered or given up, and keeps its request")
    func webhooks() async throws {
        for number in 1...3 {
            var draft = StoredRequest.Draft.make()
            if number < 3 { draft.webhook = Webhook(url: "https://example.com/\(number)") }
            try await ledger.open(.make(number), jobs: [.make(number)], stored: draft)
            #expect(try await ledger.webhookAttempted(orderedID(number), .givenUp) == false)
            try await ledger.settle(
                .make(number), jobs: [JobSettlement(JobRow.make(number).id, .settled)], stored: .kept(.made, until: .noon))
        }
        let now = Timestamp.now
        #expect(try await ledger.dueWebhooks(before: .noon) == [])
        #expect(try await ledger.dueWebhooks(before: now).map(\.id) == [orderedID(1), orderedID(2)])
        #expect(try await ledger.dueWebhooks(before: now, atMost: 1).map(\.id) == [orderedID(1)])

        #expect(try await ledger.webhookAttempted(orderedID(1), .failed(nextAt: now.advanced(by: .seconds(60)))))
        #expect(try await ledger.webhookAttempted(orderedID(2), .givenUp))
        #expect(try await ledger.dueWebhooks(before: now).isEmpty)
        #expect(Set(try await ledger.forgetExpired(before: now)) == [orderedID(2), orderedID(3)])
        let due = try #require(try await ledger.dueWebhooks(before: now.advanced(by: .seconds(60))).first)
        #expect(due.webhook?.attempts == 1)

        #expect(try await ledger.webhookAttempted(orderedID(1), .delivered(at: now)))
        #expect(try await ledger.webhookAttempted(orderedID(1), .delivered(at: now)) == false)
        #expect(try await ledger.forgetExpired(before: now) == [orderedID(1)])
    }

    @Test("what is wrong with a request is refused, and none of it is kept")
    func refused() async throws {
        var short = StoredRequest.Draft.make()
        short.fingerprint.removeLast()
        let long = StoredRequest.Draft.make(key: String(repeating: "ü", count: 256))
        for draft in [short, long] {
            await #expect(throws: LedgerError.self) { try await ledger.open(.make(), jobs: [.make()], stored: draft) }
        }
        #expect(try await ledger.openRequests().isEmpty)
        let longest = StoredRequest.Draft.make(key: String(repeating: "ü", count: 255))
        #expect(try await ledger.open(.make(), jobs: [.make()], stored: longest) == .opened)
        await #expect(throws: LedgerError.alreadyOpen(requestID: orderedID(1))) {
            try await ledger.open(.make(), jobs: [.make(1, 1)], stored: .make())
        }
        #expect(ledger.lastOutage == nil)
    }

    @Test("an answer with pictures in it is kept without its body")
    func largeAnswer() {
        let most = [UInt8](repeating: 0x20, count: StoredAnswer.maximumBytes)
        #expect(StoredAnswer(.finished, httpStatus: 200, body: most).body?.count == most.count)
        #expect(StoredAnswer(.finished, httpStatus: 200, body: most + [0x20]).body == nil)
    }

    @Test("a ledger in memory does the same")
    func inMemory() async throws {
        let memory = try Ledger(path: ":memory:")
        try await memory.open(.make(), jobs: [.make()], stored: .make(key: "k"))
        #expect(try await memory.openRequests().first?.stored == StoredRequest(.make(), .make(key: "k")))
        #expect(try await memory.storedRequest(key: "88dc28d0", idempotencyKey: "k")?.id == orderedID(1))
    }
}
