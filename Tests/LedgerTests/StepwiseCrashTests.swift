import Foundation
import Ledger
import Money
import TemporaryFolders
import Testing

/// Kills a process between every two durable steps of a request's life, and looks at what the next
/// one finds.
@Suite("kill -9 between two steps") struct StepwiseCrashTests {
    /// Set in the child only: the number of the step after which it waits for its end, and the database.
    private static let task = "FALGATE_LEDGER_STEP_CHILD"

    /// One process after the other works on the same ledger; each is killed when it has done one step.
    enum Step: Int, CaseIterable {
        case opened, submitted, answeredLate, ended, webhookFailed, webhookDelivered, forgotten
        case openedAgain, adopted, recorded, resolved

        func run(_ ledger: Ledger) async throws {
            let (first, second) = (JobRow.make(1), JobRow.make(2))
            var draft = StoredRequest.Draft.make(key: "k")
            draft.webhook = Webhook(url: "https://example.com/")
            switch self {
            case .opened: try await ledger.open(.make(1), jobs: [first], stored: draft)
            case .submitted: try await ledger.submit(first.id)
            case .answeredLate:
                try await ledger.settle(
                    .make(1, cost: 0, images: 0, status: .failure), jobs: [JobSettlement(first.id, .givenUp)])
            case .ended:
                let end = LateEnd(cost: Nanodollars(rawValue: 7), basis: .billed, images: 1)
                try await ledger.settleLate([(first.id, end)], stored: .kept(.made, until: .noon))
            case .webhookFailed: try await ledger.webhookAttempted(orderedID(1), .failed(nextAt: .noon))
            case .webhookDelivered: try await ledger.webhookAttempted(orderedID(1), .delivered(at: .noon))
            case .forgotten: _ = try await ledger.forgetExpired(before: .noon)
            case .openedAgain: try await ledger.open(.make(2), jobs: [second], stored: draft)
            case .adopted: _ = try await ledger.adoptJournal()
            case .recorded:
                try await ledger.settleRecovered(
                    SpendRow(recovered: .make(2), jobs: [second], status: .failure, httpStatus: 502, at: .noon),
                    jobs: [JobSettlement(second.id, .unknown)])
            case .resolved: try await ledger.resolveUnknown(second.id, .paid(Nanodollars(rawValue: 9)))
            }
        }

        /// What a process finds that starts after this step and before the next.
        func check(_ ledger: Ledger) async throws {
            let open = try await ledger.openRequests()
            let rows = try await ledger.spendLogs(SpendQuery())
            let stored = try await ledger.dueWebhooks(before: .later)
            let states = open.flatMap { $0.jobs.map(\.state) }
            switch self {
            case .opened:
                #expect(states == [.reserved] && open.first?.stored?.isRunning == true && rows.isEmpty)
            case .submitted:
                #expect(states == [.submitted] && open.first?.stored?.isRunning == true && rows.isEmpty)
                #expect(open.first?.jobs.first?.submission != nil)
            case .answeredLate:
                #expect(states == [.abandoned] && open.first?.isRecorded == true && rows.map(\.cost) == [.zero])
                #expect(open.first?.stored?.isRunning == true && stored.isEmpty)
            case .ended:
                #expect(states.isEmpty && rows.map(\.cost.rawValue) == [7])
                #expect(stored.map { $0.end?.answer } == [.made] && stored.first?.webhook?.attempts == 0)
            case .webhookFailed: #expect(stored.first?.webhook?.attempts == 1)
            case .webhookDelivered: #expect(stored.isEmpty)
            case .forgotten: #expect(try await ledger.forgetExpired(before: .noon).isEmpty)
            case .openedAgain:
                #expect(states == [.reserved] && open.first?.request.id == orderedID(2) && rows.count == 1)
            case .adopted: #expect(states == [.unknown] && rows.count == 1)
            case .recorded: #expect(states == [.unknown] && rows.count == 2 && open.first?.isRecorded == true)
            case .resolved: #expect(states.isEmpty && Set(rows.map(\.cost.rawValue)) == [7, 9] && rows.count == 2)
            }
        }
    }

    @Test("each step is there, whole, and what comes after it is not")
    func everyStep() async throws {
        let folder = try TemporaryFolder()
        for step in Step.allCases {
            let child = try Child(
                serving: "\(step.rawValue):\(folder.database)", task: Self.task, test: "StepwiseCrashTests/child")
            #expect(try child.killAfter(lines: 1) == ["done"], "\(step)")
            let ledger = try Ledger(path: folder.database)
            try await step.check(ledger)
            ledger.close()
        }
    }

    @Test("(child process)", .enabled(if: ProcessInfo.processInfo.environment[task] != nil))
    func child() async throws {
        let order = try #require(ProcessInfo.processInfo.environment[Self.task])
        let parts = order.split(separator: ":", maxSplits: 1)
        let step = try #require(Int(parts[0]).flatMap(Step.init(rawValue:)))
        let ledger = try Ledger(path: String(parts[1]))
        try await step.run(ledger)
        say("done")
        // Until the parent kills it. The ledger is open and has done nothing since.
        while true { pause() }
    }
}
