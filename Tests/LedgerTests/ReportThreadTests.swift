import Dispatch
import Foundation
import TemporaryFolders
import Testing

@testable import Ledger

@Suite("Reports") struct ReportThreadTests {
    let folder: TemporaryFolder
    let ledger: Ledger

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.database)
    }

    @Test("a look-up does not wait behind a report, however many of them wait")
    func apart() async throws {
        let reports = try #require(ledger.reports)
        let gate = DispatchSemaphore(value: 0)
        let (begun, report) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await reports.perform { _ in
                    report.finish()
                    gate.wait()
                }
            }
            for await _ in begun {}
            // The report holds its thread until the look-up is through: with one thread for both this never ends.
            #expect(try await ledger.storedRequest(id: "none") == nil)
            gate.signal()
            try await group.waitForAll()
        }
        #expect(try await ledger.spendLogs(SpendQuery()).isEmpty)
    }

    @Test("what is made of the rows is made on the thread that reads them")
    func form() async throws {
        let thread = try await ledger.spendLogs(SpendQuery()) { _ in
            try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        }
        #expect(thread == "ledger-reports\n")
    }

    @Test("one report too many is told so, and none runs after the end")
    func bounds() async throws {
        var limits = LedgerLimits()
        limits.waitingReports = 0
        let crowded = ReportThread(path: folder.database, limits: limits)
        await #expect(throws: LedgerError.overloaded) { try await crowded.perform { _ in } }
        crowded.close()
        await #expect(throws: LedgerError.closed) { try await crowded.perform { _ in } }
    }
}
