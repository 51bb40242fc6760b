import Ledger
import Money
import TemporaryFolders
import Testing

@Suite("The life of a request") struct RequestLifeTests {
    let folder: TemporaryFolder
    let ledger: Ledger

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.database)
    }

    @Test("every field of a spend row comes back as it was written")
    func roundTrip() async throws {
        var row = SpendRow.make(images: 2)
        row.falRequestIDs = ["a", "b\"\\\n", "ü"]
        row.endUser = "anna@example.com"
        row.tags = ["team:red", ""]
        row.errorCode = "content_policy_violation"
        row.imagesAsked = 3
        row.httpStatus = 418
        try await ledger.settle(row)
        #expect(try await ledger.spendLogs(SpendQuery()) == [row])
    }

    @Test("what is not known stays unknown")
    func nothingKnown() async throws {
        let row = SpendRow(
            requestID: "req_1", startedAt: .noon, callType: "aimage_generation", route: "/v1/images/generations",
            status: .failure, httpStatus: 401, durations: .init(total: .microseconds(7)))
        try await ledger.settle(row)
        let read = try #require(try await ledger.spendLogs(SpendQuery()).first)
        #expect(read == row)
        #expect(read.keyHash == nil && read.alias == nil && read.durations.queued == nil && read.imagesAsked == nil)
    }

    @Test("a request that goes on elsewhere leaves nothing behind of an attempt that was refused")
    func elsewhere() async throws {
        let jobs = (0...3).map { JobRow.make(1, $0) }
        try await ledger.open(.make(), jobs: [jobs[0], jobs[1]])
        try await ledger.openElsewhere(
            .make(), jobs: [jobs[2], jobs[3]],
            insteadOf: [JobSettlement(jobs[0].id, .refused), JobSettlement(jobs[1].id, .answerLost)])
        var lost = jobs[1]
        lost.state = .unknown
        #expect(try await ledger.openRequests().map(\.jobs) == [[lost, jobs[2], jobs[3]]])
    }

    @Test("what is needed for its answer goes on with it, in the same step")
    func elsewhereRendered() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1), .make(1, 2)]
        let draft = StoredRequest.Draft(fingerprint: Array(repeating: 1, count: 32), rendering: Array("first".utf8))
        _ = try await ledger.open(.make(), jobs: [jobs[0]], stored: draft)
        try await ledger.openElsewhere(
            .make(), jobs: [jobs[1]], insteadOf: [JobSettlement(jobs[0].id, .refused)], rendering: Array("second".utf8))
        try await ledger.openElsewhere(.make(), jobs: [jobs[2]], insteadOf: [JobSettlement(jobs[1].id, .refused)])
        #expect(try await ledger.openRequests().first?.stored?.rendering == Array("second".utf8))
    }

    @Test("one whose receipt has come was not refused: it stays, and nothing is opened")
    func elsewhereTooLate() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1)]
        try await ledger.open(.make(), jobs: [jobs[0]])
        try await ledger.submit(jobs[0].id)
        await #expect(throws: LedgerError.impossible(jobs[0].id, .refused)) {
            try await ledger.openElsewhere(.make(), jobs: [jobs[1]], insteadOf: [JobSettlement(jobs[0].id, .refused)])
        }
        #expect(try await ledger.openRequests().first?.jobs.map(\.state) == [.submitted])
    }

    @Test("a job is in the journal from open to settle, then only its spend row is left")
    func journal() async throws {
        var request = RequestRow.make()
        request.endUser = "anna"
        request.tags = ["red", "blue"]
        var jobs = [JobRow.make(1, 0), .make(1, 1)]
        try await ledger.open(request, jobs: jobs)
        #expect(try await ledger.openRequests() == [OpenRequest(request: request, jobs: jobs, isRecorded: false)])

        try await ledger.submit(jobs[1].id)
        let found = try #require(try await ledger.openRequests().first)
        let submission = try #require(found.jobs[1].submission)
        jobs[1].state = .submitted
        jobs[1].submission = Submission(
            falRequestID: "fal-req_00000001/1",
            statusURL: "https://queue.fal.run/fal-ai/flux/requests/req_00000001/status",
            responseURL: "https://queue.fal.run/fal-ai/flux/requests/req_00000001",
            cancelURL: "https://queue.fal.run/fal-ai/flux/requests/req_00000001/cancel", at: submission.at)
        #expect(found.jobs == jobs)
        #expect(submission.at > .noon)

        try await ledger.settle(.make(), jobs: jobs.map { JobSettlement($0.id, .settled) })
        #expect(try await ledger.openRequests().isEmpty)
        #expect(try await ledger.spendCount(SpendQuery()) == 1)
    }

    @Test("a job nobody can account for stays, and is added to the spend row once it is known")
    func lateEnd() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1), .make(1, 2)]
        try await ledger.open(.make(), jobs: jobs)
        try await ledger.submit(jobs[1].id)
        try await ledger.settle(
            .make(),
            jobs: [
                JobSettlement(jobs[0].id, .unknown), JobSettlement(jobs[1].id, .abandoned),
                JobSettlement(jobs[2].id, .settled),
            ])
        let found = try #require(try await ledger.openRequests().first)
        #expect(found.jobs.map(\.state) == [.unknown, .abandoned])
        #expect(found.isRecorded)

        try await ledger.settleLate([(jobs[1].id, LateEnd(cost: Nanodollars(rawValue: 7), basis: .billed, images: 2))])
        try await ledger.settleLate([(jobs[0].id, LateEnd(cost: .zero, basis: .estimated, images: 0))])
        let row = try #require(try await ledger.spendLogs(SpendQuery()).first)
        #expect(row.cost == Nanodollars(rawValue: 25_000_007))
        #expect(row.images == 3)
        #expect(row.basis == .estimated)
        #expect(try await ledger.openRequests().isEmpty)
    }

    @Test("a late end counts once")
    func lateEndTwice() async throws {
        let job = JobRow.make()
        try await ledger.open(.make(), jobs: [job])
        try await ledger.settle(.make(), jobs: [JobSettlement(job.id, .abandoned)])
        let end = LateEnd(cost: Nanodollars(rawValue: 7), basis: .billed, images: 0)
        try await ledger.settleLate([(job.id, end)])
        await #expect(throws: LedgerError.noSuchJob(job.id)) { try await ledger.settleLate([(job.id, end)]) }
        #expect(try await ledger.spendLogs(SpendQuery()).first?.cost == Nanodollars(rawValue: 25_000_007))
    }

    @Test("late ends of one request are one step")
    func lateEndsTogether() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1)]
        try await ledger.open(.make(), jobs: jobs)
        try await ledger.settle(.make(), jobs: jobs.map { JobSettlement($0.id, .abandoned) })
        let end = LateEnd(cost: Nanodollars(rawValue: 7), basis: .billed, images: 1)
        let stranger = JobID(requestID: jobs[0].id.requestID, ordinal: 9)
        await #expect(throws: LedgerError.noSuchJob(stranger)) {
            try await ledger.settleLate([(jobs[0].id, end), (stranger, end)], stored: .kept(.made, until: .later))
        }
        #expect(try await ledger.openRequests().first?.jobs.count == 2)
        try await ledger.settleLate(jobs.map { ($0.id, end) })
        #expect(try await ledger.spendLogs(SpendQuery()).first?.cost == Nanodollars(rawValue: 25_000_014))
        #expect(try await ledger.openRequests().isEmpty)
    }

    @Test("a late end before the spend row is refused and the job stays")
    func lateEndTooEarly() async throws {
        let job = JobRow.make()
        try await ledger.open(.make(), jobs: [job])
        let end = LateEnd(cost: .zero, basis: .billed, images: 0)
        await #expect(throws: LedgerError.notRecorded(requestID: orderedID(1))) {
            try await ledger.settleLate([(job.id, end)])
        }
        #expect(try await ledger.openRequests().count == 1)
    }

    @Test("a lost submit can still be found, a settled job cannot be submitted")
    func submittedStates() async throws {
        let job = JobRow.make()
        await #expect(throws: LedgerError.noSuchJob(job.id)) { try await ledger.submit(job.id) }
        try await ledger.open(.make(), jobs: [job])
        try await ledger.settle(.make(), jobs: [JobSettlement(job.id, .unknown)])
        try await ledger.submit(job.id)
        #expect(try await ledger.openRequests().first?.jobs.first?.state == .submitted)
        await #expect(throws: LedgerError.impossible(job.id, .submitted)) { try await ledger.submit(job.id) }
    }

    @Test("a request is recorded once, whatever the second row says, and its jobs are left alone")
    func recordedOnce() async throws {
        let job = JobRow.make()
        try await ledger.open(.make(), jobs: [job])
        try await ledger.settle(.make())
        await #expect(throws: LedgerError.alreadyRecorded(requestID: orderedID(1))) {
            try await ledger.settle(.make(cost: 99), jobs: [JobSettlement(job.id, .settled)])
        }
        #expect(try await ledger.spendLogs(SpendQuery()) == [.make()])
        #expect(try await ledger.openRequests().count == 1)
    }

    @Test("a job is opened once")
    func openedOnce() async throws {
        try await ledger.open(.make(), jobs: [.make(1, 0)])
        await #expect(throws: LedgerError.alreadyOpen(requestID: orderedID(1))) {
            try await ledger.open(.make(), jobs: [.make(1, 1), .make(1, 0)])
        }
        #expect(try await ledger.openRequests().first?.jobs.count == 1)
    }

    @Test("settling a job that the journal does not have writes no spend row")
    func unknownJob() async throws {
        let stranger = JobID(requestID: orderedID(1), ordinal: 4)
        for end in [JobSettlement.End.settled, .unknown, .abandoned] {
            await #expect(throws: LedgerError.noSuchJob(stranger)) {
                try await ledger.settle(.make(), jobs: [JobSettlement(stranger, end)])
            }
        }
        #expect(try await ledger.spendCount(SpendQuery()) == 0)
    }

    @Test("a ledger in memory does the same")
    func inMemory() async throws {
        let memory = try Ledger(path: ":memory:")
        try await memory.serve(1)
        #expect(try await memory.spendLogs(SpendQuery()) == [.make()])
        #expect(try await memory.openRequests().isEmpty)
    }

    @Test("what was settled is there after closing and opening again")
    func reopen() async throws {
        try await ledger.serve(1)
        try await ledger.open(.make(2), jobs: [.make(2)])
        ledger.close()
        let again = try Ledger(path: folder.database)
        #expect(try await again.spendLogs(SpendQuery()) == [.make()])
        #expect(try await again.openRequests().map(\.request) == [.make(2)])
    }

    @Test("a closed ledger says so")
    func closed() async throws {
        ledger.close()
        ledger.close()
        await #expect(throws: LedgerError.closed) { try await ledger.settle(.make()) }
        await #expect(throws: LedgerError.closed) { try await ledger.spendLogs(SpendQuery()) }
    }
}
