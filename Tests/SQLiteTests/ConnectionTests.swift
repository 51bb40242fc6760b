import Foundation
import SQLite
import Synchronization
import TemporaryFolders
import Testing

@Suite("Connection") struct ConnectionTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a durable connection logs ahead, syncs every commit and checks foreign keys")
    func durable() throws {
        let connection = try Connection.make(in: folder)
        #expect(try connection.text("PRAGMA journal_mode") == "wal")
        #expect(try connection.integer("PRAGMA synchronous") == 2)
        #expect(try connection.integer("PRAGMA foreign_keys") == 1)
    }

    @Test("a missing file is not created when only reading or writing was asked for")
    func missingFile() throws {
        for access in [Connection.Access.readOnly, .readWrite] {
            let error = #expect(throws: SQLiteError.self) {
                try Connection(path: folder.file("none.db"), access: access, busyTimeout: .zero)
            }
            #expect(error?.condition == .cannotOpen)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("none.db")))
    }

    @Test("a file that is no database is told from a damaged page")
    func notADatabase() throws {
        try Data("this is a letter to a friend, not a database".utf8).write(to: URL(fileURLWithPath: folder.file("test.db")))
        let error = #expect(throws: SQLiteError.self) { try Connection.make(in: folder) }
        #expect(error?.condition == .corrupt)
    }

    @Test("a read-only connection refuses to write")
    func readOnly() throws {
        try Connection.make(in: folder).execute("CREATE TABLE t (n INTEGER) STRICT")
        let reader = try Connection(path: folder.file("test.db"), access: .readOnly, busyTimeout: .zero)
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.condition == .readOnly)
    }

    @Test("a full database says so and goes on when there is room again")
    func full() throws {
        let connection = try Connection.make(in: folder)
        try connection.execute("CREATE TABLE t (b BLOB) STRICT; PRAGMA max_page_count = 4")
        let insert = try Statement("INSERT INTO t VALUES (?)", on: connection)
        let error = #expect(throws: SQLiteError.self) { try insert.run(.blob([UInt8](repeating: 7, count: 40_000))) }
        #expect(error?.condition == .full)
        try connection.execute("PRAGMA max_page_count = 1000")
        #expect(try insert.run(.blob([UInt8](repeating: 7, count: 40_000))) == 1)
    }

    @Test("pages are counted from one checkpoint to the next")
    func checkpoints() throws {
        let connection = try Connection.make(in: folder)
        connection.checkpointByHand()
        try connection.execute("CREATE TABLE t (b BLOB) STRICT")
        let insert = try Statement("INSERT INTO t VALUES (?)", on: connection)
        try insert.run(.blob([UInt8](repeating: 7, count: 40_000)))
        #expect(connection.pagesSinceCheckpoint >= 10)
        try connection.checkpoint(.passive)
        #expect(connection.pagesSinceCheckpoint == 0)
        try insert.run(.blob([1]))
        #expect((1...3).contains(connection.pagesSinceCheckpoint))
        try connection.checkpoint(.truncate)
        #expect(try connection.integer("SELECT count(*) FROM t") == 2)
    }

    @Test("a long statement is stopped from another thread")
    func interrupt() throws {
        let connection = try Connection.inMemory()
        nonisolated(unsafe) let shared = connection
        let ended = Flag()
        let bell = Thread {
            // An interrupt before the statement runs is forgotten, so it is repeated.
            while !ended.isRaised { shared.interrupt() }
            ended.acknowledged.signal()
        }
        bell.start()
        let error = #expect(throws: SQLiteError.self) {
            try connection.integer("WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c")
        }
        ended.raise()
        ended.acknowledged.wait()
        #expect(error?.condition == .interrupted)
    }
}

private final class Flag: Sendable {
    private let raised = Atomic(false)
    let acknowledged = DispatchSemaphore(value: 0)

    var isRaised: Bool { raised.load(ordering: .acquiring) }
    func raise() { raised.store(true, ordering: .releasing) }
}
