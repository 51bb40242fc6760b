import Foundation
import Ledger
import Money
import SQLite
import TemporaryFolders
import Testing

@Suite("Group commit") struct GroupCommitTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a thousand requests settled at once are all there, and their sum is exact")
    func concurrentSettles() async throws {
        let ledger = try Ledger(path: folder.database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...1000 { group.addTask { try await ledger.serve(number) } }
            try await group.waitForAll()
        }
        #expect(try await ledger.spendCount(SpendQuery()) == 1000)
        #expect(try await ledger.openRequests().isEmpty)
        let sums = try await ledger.spendSummary(by: .key, SpendQuery())
        #expect(sums.map(\.cost) == [Nanodollars(rawValue: 25_000_000_000)])
    }

    @Test("a piece that cannot be done fails alone in its batch")
    func isolation() async throws {
        let ledger = try Ledger(path: folder.database)
        try await ledger.settle(.make(5))
        let blocker = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        // While the lock is held everything gathers in one or two batches; half of it is in order.
        try blocker.begin(.writing)
        let outcomes = try await withThrowingTaskGroup(of: (Int, LedgerError?).self) { group in
            for number in 1...20 {
                group.addTask {
                    do throws(LedgerError) {
                        let job = JobID(requestID: orderedID(number), ordinal: 0)
                        // Odd ones settle a job that nobody opened; number 5 exists already.
                        try await ledger.settle(.make(number), jobs: number % 2 == 0 ? [] : [JobSettlement(job, .settled)])
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            while ledger.acceptedWrites < 21 { await Task.yield() }
            blocker.rollback()
            return try await group.reduce(into: [Int: LedgerError?]()) { $0[$1.0] = $1.1 }
        }
        for number in 1...20 {
            let expected: LedgerError? =
                switch number {
                case 5: .alreadyRecorded(requestID: orderedID(5))
                case _ where number % 2 == 0: nil
                default: .noSuchJob(JobID(requestID: orderedID(number), ordinal: 0))
                }
            #expect(outcomes[number] == .some(expected))
        }
        #expect(try await ledger.spendCount(SpendQuery()) == 11)
        #expect(ledger.lastOutage == nil)
    }

    @Test("a request of many jobs is opened whole or not at all, whoever shares its transaction")
    func halfAPiece() async throws {
        let ledger = try Ledger(path: folder.database)
        let blocker = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        try blocker.begin(.writing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ledger.open(.make(1), jobs: [.make(1)]) }
            group.addTask {
                await #expect(throws: LedgerError.alreadyOpen(requestID: orderedID(2))) {
                    try await ledger.open(.make(2), jobs: [.make(2, 0), .make(2, 1), .make(2, 0)])
                }
            }
            group.addTask { try await ledger.open(.make(3), jobs: [.make(3)]) }
            while ledger.acceptedWrites < 3 { await Task.yield() }
            blocker.rollback()
            try await group.waitForAll()
        }
        #expect(try await ledger.openRequests().map(\.request.id) == [orderedID(1), orderedID(3)])
    }

    @Test("new requests are refused when too much waits, steps of open ones are not")
    func overload() async throws {
        let job = JobRow.make(1)
        let first = try Ledger(path: folder.database)
        try await first.open(.make(1), jobs: [job])
        first.close()
        var limits = LedgerLimits()
        limits.waitingWrites = 0
        let ledger = try Ledger(path: folder.database, limits: limits)
        await #expect(throws: LedgerError.overloaded) { try await ledger.open(.make(2), jobs: [.make(2)]) }
        await #expect(throws: LedgerError.overloaded) { try await ledger.settle(.make(2)) }
        try await ledger.submit(job.id)
        try await ledger.settle(.make(1), jobs: [JobSettlement(job.id, .abandoned)])
        try await ledger.settleLate([(job.id, LateEnd(cost: .zero, basis: .billed, images: 0))])
    }

    @Test("closing commits what waits")
    func closingDrains() async throws {
        let ledger = try Ledger(path: folder.database)
        let blocker = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        try blocker.begin(.writing)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...10 { group.addTask { try await ledger.settle(.make(number)) } }
            while ledger.acceptedWrites < 10 { await Task.yield() }
            let closing = Thread { ledger.close() }
            closing.start()
            blocker.rollback()
            try await group.waitForAll()
        }
        ledger.close()
        #expect(try LedgerReader(path: folder.database).spendLogs(SpendQuery()).count == 10)
    }

    @Test("cancelling the caller does not undo what it handed over")
    func cancellation() async throws {
        let ledger = try Ledger(path: folder.database)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await ledger.settle(.make(1))
        }
        try await task.value
        #expect(try await ledger.spendCount(SpendQuery()) == 1)
    }

    @Test("a long log is moved into the database between commits")
    func checkpoint() async throws {
        var limits = LedgerLimits()
        limits.checkpointPages = 20
        limits.urgentCheckpointPages = 20
        let ledger = try Ledger(path: folder.database, limits: limits)
        for number in 1...200 { try await ledger.settle(.make(number)) }
        let log = try FileManager.default.attributesOfItem(atPath: folder.database + "-wal")[.size] as? Int
        #expect(try #require(log) < 100 * 4096)
        #expect(try await ledger.spendCount(SpendQuery()) == 200)
    }
}
