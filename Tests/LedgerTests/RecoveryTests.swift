import Ledger
import Money
import TemporaryFolders
import Testing

@Suite("Recovery") struct RecoveryTests {
    let folder: TemporaryFolder
    let ledger: Ledger

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.database)
    }

    @Test("at the start everything is taken over, and what may have been sent is unknown")
    func adopt() async throws {
        try await ledger.open(.make(1), jobs: [.make(1, 0), .make(1, 1)], stored: .make(key: "k"))
        try await ledger.submit(JobRow.make(1, 1).id)
        try await ledger.open(.make(2), jobs: [.make(2)])
        try await ledger.open(.make(3), jobs: [.make(3)])
        try await ledger.submit(JobRow.make(3).id)
        try await ledger.settle(.make(3), jobs: [JobSettlement(JobRow.make(3).id, .abandoned)])
        try await ledger.serve(4)
        ledger.close()

        let next = try Ledger(path: folder.database)
        let found = try await next.adoptJournal()
        #expect(found.map(\.request) == [.make(1), .make(2), .make(3)])
        #expect(found.map { $0.jobs.map(\.state) } == [[.unknown, .submitted], [.unknown], [.abandoned]])
        #expect(found.map(\.isRecorded) == [false, false, true])
        #expect(found.map(\.stored) == [StoredRequest(.make(1), .make(key: "k")), nil, nil])
        #expect(found[0].jobs[1].submission?.falRequestID == "fal-req_00000001/1")
        #expect(try await next.adoptJournal() == found)
        #expect(try await next.openRequests() == found)
    }

    @Test("jobs that end one after the other make one row, and each counts once")
    func settleRecovered() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1), .make(1, 2)]
        try await ledger.open(.make(), jobs: jobs, stored: .make())
        try await ledger.submit(jobs[0].id)
        try await ledger.submit(jobs[1].id)
        let open = try #require(try await ledger.adoptJournal().first)
        func row(_ ordinal: Int) -> SpendRow {
            var row = SpendRow(
                recovered: open.request, jobs: [open.jobs[ordinal]], status: .success, httpStatus: 200,
                at: .noon.advanced(by: .seconds(90 + ordinal)))
            row.cost = Nanodollars(rawValue: 10)
            row.basis = .billed
            row.images = 1
            row.sizes = ["\(ordinal)x1"]
            return row
        }
        for _ in 1...2 {
            // As a process does that was killed after the first time, and as often as it likes.
            try? await ledger.settleRecovered(row(0), jobs: [JobSettlement(jobs[0].id, .ended)])
            try? await ledger.settleRecovered(
                row(1), jobs: [JobSettlement(jobs[1].id, .ended), JobSettlement(jobs[2].id, .unknown)],
                stored: .kept(.made, until: .later))
        }
        await #expect(throws: LedgerError.noSuchJob(jobs[0].id)) {
            try await ledger.settleRecovered(row(0), jobs: [JobSettlement(jobs[0].id, .ended)])
        }
        await #expect(throws: LedgerError.alreadyRecorded(requestID: orderedID(1))) {
            try await ledger.settleRecovered(row(0), jobs: [JobSettlement(jobs[2].id, .unknown)])
        }
        let written = try #require(try await ledger.spendLogs(SpendQuery()).first)
        #expect(written.startedAt == .noon)
        #expect(written.durations.total == .seconds(90))
        #expect(written.cost == Nanodollars(rawValue: 20))
        #expect(written.images == 2)
        #expect(written.sizes == ["0x1", "1x1"])
        #expect(written.falRequestIDs == ["fal-req_00000001/0", "fal-req_00000001/1"])
        #expect(written.keyHash == "88dc28d0" && written.alias == "flux-dev" && written.imagesAsked == 1)
        #expect(written.endpoint == "fal-ai/flux/dev" && written.deploymentID == "deployment-1")
        #expect(try await ledger.openRequests().map { $0.jobs.map(\.state) } == [[.unknown]])
        #expect(try await ledger.storedRequest(id: orderedID(1))?.end?.answer == .made)
    }

    @Test("a clock that was set back makes no request end before it began")
    func clockSetBack() {
        let row = SpendRow(
            recovered: .make(), jobs: [], status: .failure, httpStatus: 502, at: Timestamp(milliseconds: 0))
        #expect(row.durations.total == .zero)
        let job = UnsettledJob(request: .make(), job: .make())
        #expect(job.age(at: .noon.advanced(by: .seconds(5))) == .seconds(5))
        #expect(job.age(at: Timestamp(milliseconds: .min)) == .zero)
    }

    @Test("a receipt that could not be written when it came is written with the settlement")
    func lateReceipt() async throws {
        let job = JobRow.make()
        let receipt = Submission(falRequestID: "f", statusURL: "s", responseURL: "r", cancelURL: "c", at: .noon)
        try await ledger.open(.make(), jobs: [job])
        try await ledger.settle(.make(), jobs: [JobSettlement(job.id, .givenUp, receipt: receipt)])
        let found = try #require(try await ledger.openRequests().first?.jobs.first)
        #expect(found.state == .abandoned)
        #expect(found.submission == receipt)
    }

    @Test("a receipt that is in the journal is not replaced")
    func receiptKept() async throws {
        let job = JobRow.make()
        let other = Submission(falRequestID: "f", statusURL: "s", responseURL: "r", cancelURL: "c", at: .noon)
        try await ledger.open(.make(), jobs: [job])
        try await ledger.submit(job.id)
        try await ledger.settle(.make(), jobs: [JobSettlement(job.id, .givenUp, receipt: other)])
        #expect(try await ledger.openRequests().first?.jobs.first?.submission?.falRequestID == "fal-req_00000001/0")
    }

    @Test("an operator's word ends an unknown job, once, and frees its reservation")
    func resolve() async throws {
        let jobs = [JobRow.make(1, 0), .make(1, 1)]
        try await ledger.open(.make(), jobs: jobs, stored: .make(key: "k"))
        await #expect(throws: LedgerError.impossible(jobs[0].id, .operatorDecided)) {
            try await ledger.resolveUnknown(jobs[0].id, .notPaid)
        }
        _ = try await ledger.adoptJournal()
        await #expect(throws: LedgerError.notRecorded(requestID: orderedID(1))) {
            try await ledger.resolveUnknown(jobs[0].id, .notPaid)
        }
        try await ledger.settle(
            .make(cost: 0, images: 0, status: .failure), jobs: jobs.map { JobSettlement($0.id, .unknown) })
        try await ledger.resolveUnknown(jobs[0].id, .paid(Nanodollars(rawValue: 42)))
        #expect(try await ledger.storedRequest(id: orderedID(1)) != nil)
        await #expect(throws: LedgerError.noSuchJob(jobs[0].id)) {
            try await ledger.resolveUnknown(jobs[0].id, .paid(Nanodollars(rawValue: 42)))
        }
        try await ledger.resolveUnknown(jobs[1].id, .notPaid)
        let row = try #require(try await ledger.spendLogs(SpendQuery()).first)
        #expect(row.cost == Nanodollars(rawValue: 42))
        #expect(row.basis == .billed)
        #expect(try await ledger.unsettledJobs().isEmpty)
        #expect(try await ledger.storedRequest(id: orderedID(1)) == nil)
    }

    @Test("unsettled jobs are listed by state, the oldest first")
    func listing() async throws {
        var other = RequestRow.make(2)
        other.keyHash = nil
        other.startedAt = Timestamp(milliseconds: 5)
        try await ledger.open(.make(1), jobs: [.make(1, 0), .make(1, 1)])
        try await ledger.open(other, jobs: [.make(2)])
        try await ledger.submit(JobRow.make(1, 1).id)
        #expect(try await ledger.unsettledJobs().map(\.job.id) == [JobRow.make(2).id, JobRow.make(1, 0).id, JobRow.make(1, 1).id])
        #expect(try await ledger.unsettledJobs(.unknown).isEmpty)
        _ = try await ledger.adoptJournal()
        let unknown = try LedgerReader(path: folder.database).unsettledJobs(.unknown)
        #expect(unknown.map(\.request) == [other, .make(1)])
        #expect(unknown.allSatisfy { $0.job.state == .unknown && $0.job.reserved.rawValue == 25_000_000 })
    }
}
