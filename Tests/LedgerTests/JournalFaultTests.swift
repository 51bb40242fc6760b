import Foundation
import Ledger
import Money
import SQLite
import TemporaryFolders
import Testing

@Suite("Faults of the disk in every step of the journal") struct JournalFaultTests {
    /// Every operation that writes, each on a request of its own that has come so far.
    enum Step: CaseIterable {
        case open, submitted, settle, settleLate, adopt, settleRecovered, resolve, webhook, forgetExpired

        func prepare(_ ledger: Ledger) async throws {
            guard self != .open else { return }
            var draft = StoredRequest.Draft.make(key: "k")
            draft.webhook = self == .forgetExpired ? nil : Webhook(url: "https://example.com/")
            try await ledger.open(.make(), jobs: [.make()], stored: draft)
            let job = JobRow.make().id
            switch self {
            case .settleLate, .resolve: try await ledger.settle(.make(), jobs: [JobSettlement(job, .unknown)])
            case .webhook, .forgetExpired:
                try await ledger.settle(.make(), jobs: [JobSettlement(job, .settled)], stored: .kept(.made, until: .noon))
            default: break
            }
        }

        func run(_ ledger: Ledger) async throws {
            let job = JobRow.make().id
            switch self {
            case .open: try await ledger.open(.make(), jobs: [.make()], stored: .make(key: "k"))
            case .submitted: try await ledger.submit(job)
            case .settle:
                try await ledger.settle(.make(), jobs: [JobSettlement(job, .settled)], stored: .kept(.made, until: .later))
            case .settleLate:
                let end = LateEnd(cost: .zero, basis: .billed, images: 1)
                try await ledger.settleLate([(job, end)], stored: .kept(.made, until: .later))
            case .adopt: _ = try await ledger.adoptJournal()
            case .settleRecovered:
                try await ledger.settleRecovered(
                    .make(), jobs: [JobSettlement(job, .ended)], stored: .kept(.made, until: .later))
            case .resolve: try await ledger.resolveUnknown(job, .paid(Nanodollars(rawValue: 5)))
            case .webhook: #expect(try await ledger.webhookAttempted(orderedID(1), .delivered(at: .noon)))
            case .forgetExpired: #expect(try await ledger.forgetExpired(before: .later) == [orderedID(1)])
            }
        }
    }

    /// All that a step could have changed.
    struct Content: Equatable {
        var open: [OpenRequest]
        var rows: [SpendRow]
        var webhooks: [StoredRequest]

        init(_ ledger: Ledger) async throws {
            open = try await ledger.openRequests()
            rows = try await ledger.spendLogs(SpendQuery())
            webhooks = try await ledger.dueWebhooks(before: .later)
        }
    }

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a lock that is held refuses the step whole, and it can be repeated", arguments: Step.allCases)
    func locked(step: Step) async throws {
        var limits = LedgerLimits()
        limits.lockWait = .milliseconds(10)
        let ledger = try Ledger(path: folder.database, limits: limits)
        try await step.prepare(ledger)
        let before = try await Content(ledger)
        let other = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        try other.begin(.writing)
        let refusal = await #expect(throws: LedgerError.self) { try await step.run(ledger) }
        guard case .locked = refusal else {
            Issue.record("not locked: \(String(describing: refusal))")
            return
        }
        other.rollback()
        #expect(try await Content(ledger) == before)
        try await step.run(ledger)
        #expect(ledger.lastOutage == nil)
    }

    @Test(
        "a full disk refuses the step whole, and it can be repeated when there is room",
        .enabled(if: SmallDisk.isPossible), arguments: Step.allCases)
    func diskFull(step: Step) async throws {
        let disk = try SmallDisk(kilobytes: 1024, at: folder.path + "/disk")
        let ledger = try Ledger(path: disk.path + "/falgate.db")
        try await step.prepare(ledger)
        let before = try await Content(ledger)
        try disk.fill()
        let refusal = await #expect(throws: LedgerError.self) { try await step.run(ledger) }
        guard case .diskFull = refusal else {
            Issue.record("not full: \(String(describing: refusal))")
            return
        }
        #expect(ledger.lastOutage == refusal)
        #expect(try await Content(ledger) == before)
        try disk.grow(kilobytes: 4096)
        try await step.run(ledger)
        #expect(ledger.lastOutage == nil)
    }

    @Test("an overloaded or closed writer takes no new request and no housekeeping, but every step of a request it has")
    func overloaded() async throws {
        for step in Step.allCases {
            let folder = try TemporaryFolder()
            let first = try Ledger(path: folder.database)
            try await step.prepare(first)
            first.close()
            await #expect(throws: LedgerError.closed) { try await step.run(first) }
            var limits = LedgerLimits()
            limits.waitingWrites = 0
            let ledger = try Ledger(path: folder.database, limits: limits)
            if [.open, .resolve, .forgetExpired].contains(step) {
                await #expect(throws: LedgerError.overloaded) { try await step.run(ledger) }
            } else {
                try await step.run(ledger)
            }
        }
    }

    @Test("a stored request in a damaged file is corruption, not nothing")
    func damaged() async throws {
        let ledger = try Ledger(path: folder.database)
        for number in 1...50 { try await ledger.open(.make(number), jobs: [.make(number)], stored: .make(key: "\(number)")) }
        ledger.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.database))
        let pages = try file.seekToEnd() / 4096
        for page in 1..<pages {
            try file.seek(toOffset: page * 4096)
            try file.write(contentsOf: Data(repeating: 0xff, count: 4096))
        }
        try file.close()
        let reader = try LedgerReader(path: folder.database)
        let reads: [() throws -> Void] = [
            { _ = try reader.storedRequest(id: orderedID(1), at: .noon) },
            { _ = try reader.storedRequest(key: "88dc28d0", idempotencyKey: "1", at: .noon) },
            { _ = try reader.dueWebhooks(before: .later, atMost: 10) },
            { _ = try reader.unsettledJobs() },
            { _ = try reader.openRequests() },
        ]
        for read in reads {
            let refusal = #expect(throws: LedgerError.self) { try read() }
            guard case .corrupt = refusal else {
                Issue.record("not corrupt: \(String(describing: refusal))")
                return
            }
        }
    }
}
