import Foundation
import Money
import SQLite
import TemporaryFolders
import Testing

@testable import Ledger

@Suite("Schema") struct SchemaTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The text of every released migration, by its FNV-1a hash: databases in the field have run
    /// it, so a change here is a mistake. A new migration adds a line.
    @Test("released migrations do not change")
    func immutable() {
        #expect(
            Schema.migrations.map { fingerprint($0.sql) } == [
                "ec3f9548038f10fe", "93fff468682fa930", "d66a195fe4438c59", "9f8dc1590c20d96d",
                "96e78672216c8889",
            ])
        #expect(Schema.migrations.map(\.number) == Array(1...Schema.migrations.count))
    }

    @Test("a database of every older schema is brought up to date", arguments: 0..<Schema.migrations.count)
    func olderSchema(version: Int) async throws {
        let old = try Connection(path: folder.database, access: .readWriteCreate, busyTimeout: .zero)
        try old.migrate(Array(Schema.migrations.prefix(version)))
        #expect(try old.schemaVersion() == version)
        let ledger = try Ledger(path: folder.database)
        try await ledger.serve(1)
        #expect(try await ledger.spendLogs(SpendQuery()) == [.make()])
        #expect(try old.schemaVersion() == Schema.migrations.count)
    }

    @Test("the spend log of an older release is kept row by row, and what was on its way is added to its row")
    func olderSpendLog() async throws {
        let old = try Connection(path: folder.database, access: .readWriteCreate, busyTimeout: .zero)
        try old.migrate(Array(Schema.migrations.prefix(3)))
        let insert = try Statement(
            "INSERT INTO spend_logs (\(SpendRow.columns)) VALUES (\(SpendRow.placeholders))", on: old)
        let rows = (1...3).map { SpendRow.make($0, startedAt: .noon.advanced(by: .seconds(5 - $0))) }
        for row in rows { try insert.run { row.bind(to: &$0) } }
        let left = JobRow.make(1)
        var request = RequestRow.make(1)
        request.startedAt = rows[0].startedAt
        try Statement("INSERT INTO jobs (\(JobRow.columns)) VALUES (\(JobRow.placeholders))", on: old)
            .run { left.bind(to: &$0, for: request) }

        let ledger = try Ledger(path: folder.database)
        #expect(try await ledger.spendLogs(SpendQuery()) == rows)
        #expect(try await ledger.openRequests().map(\.isRecorded) == [true])
        try await ledger.settleLate([(left.id, LateEnd(cost: .init(rawValue: 1), basis: .billed, images: 0))])
        #expect(try await ledger.spendLogs(SpendQuery()).map(\.cost.rawValue) == [25_000_001, 25_000_000, 25_000_000])
    }

    @Test("a database of a newer release is refused, by the gateway and by readers")
    func newerSchema() throws {
        try Ledger(path: folder.database).close()
        let next = Schema.migrations.count + 1
        let later = try Connection(path: folder.database, access: .readWrite, busyTimeout: .zero)
        try later.execute("PRAGMA user_version = \(next)")
        let refusal = LedgerError.newerSchema(found: next, known: next - 1)
        #expect(throws: refusal) { try Ledger(path: folder.database) }
        #expect(throws: refusal) { try LedgerReader(path: folder.database) }
    }

    @Test("the file says whose it is, and no log is left after closing")
    func header() throws {
        let ledger = try Ledger(path: folder.database)
        do {
            let reader = try Connection(path: folder.database, access: .readOnly, busyTimeout: .zero)
            #expect(try reader.integer("PRAGMA application_id") == 0x6661_6c67)
            #expect(try reader.text("PRAGMA journal_mode") == "wal")
            #expect(try reader.text("PRAGMA integrity_check") == "ok")
        }
        ledger.close()
        #expect(!FileManager.default.fileExists(atPath: folder.database + "-wal"))
    }

    private func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
