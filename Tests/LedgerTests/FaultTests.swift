import Foundation
import Ledger
import Money
import SQLite
import TemporaryFolders
import Testing

@Suite("Faults of the disk and the file") struct FaultTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a full database refuses new rows, keeps the old ones, and goes on when there is room")
    func pagesUsedUp() async throws {
        var limits = LedgerLimits()
        limits.databasePages = 16
        let ledger = try Ledger(path: folder.database, limits: limits)
        var kept = 0
        let refusal = await #expect(throws: LedgerError.self) {
            while kept < 1000 {
                try await ledger.settle(.make(kept))
                kept += 1
            }
        }
        guard case .diskFull = refusal else {
            Issue.record("not full: \(String(describing: refusal))")
            return
        }
        #expect(kept > 0)
        #expect(ledger.lastOutage?.isOutage == true)
        #expect(try await ledger.spendCount(SpendQuery()) == kept)
        ledger.close()
        let larger = try Ledger(path: folder.database)
        try await larger.settle(.make(kept))
        #expect(try await larger.spendCount(SpendQuery()) == kept + 1)
        #expect(larger.lastOutage == nil)
    }

    @Test("a disk that is full at the commit loses nothing that was acknowledged", .enabled(if: SmallDisk.isPossible))
    func diskFull() async throws {
        let disk = try SmallDisk(kilobytes: 512, at: folder.path + "/disk")
        let ledger = try Ledger(path: disk.path + "/falgate.db")
        var acknowledged: [Int] = []
        var refused: LedgerError?
        for number in 1...5000 where refused == nil {
            do throws(LedgerError) {
                try await ledger.settle(.make(number))
                acknowledged.append(number)
            } catch {
                refused = error
            }
        }
        guard case .diskFull = refused else {
            Issue.record("not full: \(String(describing: refused))")
            return
        }
        #expect(ledger.lastOutage == refused)
        // Everything that waits is told, not only the first.
        await withTaskGroup(of: Void.self) { group in
            for number in 6000..<6010 {
                group.addTask { await #expect(throws: LedgerError.self) { try await ledger.settle(.make(number)) } }
            }
        }
        #expect(try await ledger.spendCount(SpendQuery()) == acknowledged.count)
        try disk.grow(kilobytes: 4096)
        try await ledger.checkHealth()
        #expect(ledger.lastOutage == nil)
        try await ledger.settle(.make(9000))
        ledger.close()
        let rows = try LedgerReader(path: disk.path + "/falgate.db").spendLogs(SpendQuery())
        #expect(Set(rows.map(\.requestID)) == Set((acknowledged + [9000]).map(orderedID)))
    }

    @Test("a lock that is held too long is an answer, and its end too")
    func locked() async throws {
        var limits = LedgerLimits()
        limits.lockWait = .milliseconds(20)
        let ledger = try Ledger(path: folder.database, limits: limits)
        let other = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        try other.begin(.writing)
        let refusals = await withTaskGroup(of: LedgerError?.self) { group in
            for number in 1...10 {
                group.addTask {
                    do throws(LedgerError) {
                        try await ledger.settle(.make(number))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for refusal in refusals {
            guard case .locked = refusal else {
                Issue.record("not locked: \(String(describing: refusal))")
                return
            }
        }
        #expect(ledger.lastOutage?.isOutage == true)
        other.rollback()
        try await ledger.settle(.make(1))
        #expect(ledger.lastOutage == nil)
    }

    @Test(
        "a file that may not be written to is told at the start, and can be read",
        .enabled(if: WriteProtection.isPossible))
    func readOnly() async throws {
        let ledger = try Ledger(path: folder.database)
        try await ledger.settle(.make())
        ledger.close()
        let protection = try WriteProtection(of: folder.database)
        let refusal = #expect(throws: LedgerError.self) { try Ledger(path: folder.database) }
        guard case .readOnly = refusal else {
            Issue.record("not read-only: \(String(describing: refusal))")
            return
        }
        #expect(try LedgerReader(path: folder.database).spendLogs(SpendQuery()) == [.make()])
        try protection.lift()
        try await Ledger(path: folder.database).settle(.make(2))
    }

    @Test("a second gateway on the same database is refused and told whose it is")
    func secondGateway() throws {
        let first = try Ledger(path: folder.database)
        #expect(throws: LedgerError.inUse(processID: getpid())) { try Ledger(path: folder.database) }
        let link = folder.database + ".link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.database)
        #expect(throws: LedgerError.inUse(processID: getpid())) { try Ledger(path: link) }
        first.close()
        #expect(throws: Never.self) { try Ledger(path: folder.database) }
    }

    @Test("a reader is let in while a gateway serves, and sees what is settled")
    func readerBesideGateway() async throws {
        let ledger = try Ledger(path: folder.database)
        let reader = try LedgerReader(path: folder.database)
        #expect(try reader.spendLogs(SpendQuery()).isEmpty)
        try await ledger.settle(.make())
        #expect(try reader.spendLogs(SpendQuery()) == [.make()])
    }

    @Test("a reader does not read what the gateway has not brought up to date")
    func readerTooEarly() throws {
        #expect(FileManager.default.createFile(atPath: folder.database, contents: nil))
        #expect(throws: LedgerError.olderSchema(found: 0, known: 5)) { try LedgerReader(path: folder.database) }
    }

    @Test("a reader makes no database")
    func readerAlone() {
        #expect(throws: LedgerError.self) { try LedgerReader(path: folder.database) }
        #expect(!FileManager.default.fileExists(atPath: folder.database))
    }

    @Test("a file that is no database is refused and left as it is")
    func notADatabase() throws {
        let letter = Data("Dear ledger, I am not a database. Yours, a letter".utf8)
        try letter.write(to: URL(fileURLWithPath: folder.database))
        let refusal = #expect(throws: LedgerError.self) { try Ledger(path: folder.database) }
        guard case .corrupt = refusal else {
            Issue.record("not corrupt: \(String(describing: refusal))")
            return
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == letter)
    }

    @Test("another program's database is refused and left as it is")
    func foreign() throws {
        let other = try Connection(path: folder.database, access: .readWriteCreate, busyTimeout: .zero)
        try other.execute("CREATE TABLE recipes (name TEXT)")
        #expect(throws: LedgerError.foreignFile) { try Ledger(path: folder.database) }
        #expect(throws: LedgerError.foreignFile) { try LedgerReader(path: folder.database) }
        #expect(try other.integer("SELECT count(*) FROM sqlite_schema") == 1)
        #expect(try other.text("PRAGMA journal_mode") == "delete")
    }

    @Test("a damaged page is corruption, not an empty answer")
    func damagedPage() async throws {
        let ledger = try Ledger(path: folder.database)
        for number in 1...50 { try await ledger.settle(.make(number)) }
        ledger.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.database))
        let size = try file.seekToEnd()
        for page in 2..<(size / 4096) {
            try file.seek(toOffset: page * 4096)
            try file.write(contentsOf: Data(repeating: 0xff, count: 4096))
        }
        try file.close()
        let refusal = #expect(throws: LedgerError.self) {
            try LedgerReader(path: folder.database).spendLogs(SpendQuery())
        }
        guard case .corrupt = refusal else {
            Issue.record("not corrupt: \(String(describing: refusal))")
            return
        }
    }

    @Test("a file that was found damaged takes nothing new until a restart, whatever can still be written to it")
    func damagedWhileRunning() async throws {
        let ledger = try Ledger(path: folder.database)
        try await ledger.open(.make(1), jobs: [.make(1)])
        let other = try Connection(path: folder.database, access: .readWrite, busyTimeout: .seconds(10))
        let version = try #require(try other.integer("PRAGMA schema_version"))
        let root = try #require(try other.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'spend_logs'"))
        try other.execute("PRAGMA writable_schema = ON")
        try other.execute("UPDATE sqlite_schema SET rootpage = 123456 WHERE name = 'spend_logs'")
        try other.execute("PRAGMA schema_version = \(version + 1)")
        let found = await #expect(throws: LedgerError.self) {
            try await ledger.settle(.make(1), jobs: [JobSettlement(JobRow.make(1).id, .settled)])
        }
        guard let refusal = found, case .corrupt = refusal else {
            Issue.record("not corrupt: \(String(describing: found))")
            return
        }
        // Mended under it, which nobody should do and the ledger cannot know.
        try other.execute("UPDATE sqlite_schema SET rootpage = \(root) WHERE name = 'spend_logs'")
        try other.execute("PRAGMA schema_version = \(version + 2)")
        await #expect(throws: refusal) { try await ledger.checkHealth() }
        await #expect(throws: refusal) { try await ledger.open(.make(2), jobs: [.make(2)]) }
        #expect(ledger.lastOutage == refusal)
    }

    @Test("a folder that does not exist is told at the start")
    func noFolder() {
        let refusal = #expect(throws: LedgerError.self) { try Ledger(path: folder.path + "/missing/falgate.db") }
        guard case .cannotLock(let path, let errno) = refusal else {
            Issue.record("opened: \(String(describing: refusal))")
            return
        }
        #expect(path.hasSuffix("/missing/falgate.db.lock"))
        #expect(errno == ENOENT)
    }

    @Test("the files are for their owner only")
    func permissions() async throws {
        let ledger = try Ledger(path: folder.database)
        try await ledger.settle(.make())
        for suffix in ["", "-wal", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.database + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
    }
}
