import SQLite
import TemporaryFolders
import Testing

@Suite("Transactions") struct TransactionTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func table(_ connection: Connection) throws -> (insert: Statement, count: () throws -> Int64?) {
        try connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY) STRICT")
        let insert = try Statement("INSERT INTO t VALUES (?)", on: connection)
        return (insert, { try connection.integer("SELECT count(*) FROM t") })
    }

    @Test("a transaction is kept whole or not at all")
    func wholeOrNothing() throws {
        let connection = try Connection.inMemory()
        let (insert, count) = try table(connection)
        try connection.transaction(.writing) { () throws(SQLiteError) in
            try insert.run(1)
            try insert.run(2)
        }
        #expect(try count() == 2)
        #expect(throws: SQLiteError.self) {
            try connection.transaction(.writing) { () throws(SQLiteError) in
                try insert.run(3)
                try insert.run(1)
            }
        }
        #expect(try count() == 2)
        #expect(!connection.isInTransaction)
    }

    @Test("a savepoint is undone alone")
    func savepoint() throws {
        let connection = try Connection.inMemory()
        let (insert, count) = try table(connection)
        try connection.transaction(.writing) { () throws(SQLiteError) in
            try connection.beginSavepoint()
            try insert.run(1)
            try connection.keepSavepoint()
            try connection.beginSavepoint()
            try insert.run(2)
            try connection.undoSavepoint()
            try connection.beginSavepoint()
            try insert.run(3)
            try connection.keepSavepoint()
        }
        #expect(try count() == 2)
        #expect(try connection.integer("SELECT sum(n) FROM t") == 4)
    }

    @Test("a rollback after SQLite's own is harmless")
    func rollbackTwice() throws {
        let connection = try Connection.inMemory()
        try connection.begin(.writing)
        #expect(connection.isInTransaction)
        connection.rollback()
        connection.rollback()
        #expect(!connection.isInTransaction)
    }

    @Test("a reader sees one state while a writer commits, and the writer does not wait")
    func readersAndWriters() throws {
        let writer = try Connection.make(in: folder)
        let (insert, _) = try table(writer)
        try insert.run(1)
        let reader = try Connection(path: folder.file("test.db"), access: .readOnly, busyTimeout: .zero)
        try reader.transaction(.reading) { () throws(SQLiteError) in
            #expect(try reader.integer("SELECT count(*) FROM t") == 1)
            try insert.run(2)
            #expect(try reader.integer("SELECT count(*) FROM t") == 1)
        }
        #expect(try reader.integer("SELECT count(*) FROM t") == 2)
    }

    @Test("a second writer is told that the database is locked")
    func secondWriter() throws {
        let first = try Connection.make(in: folder)
        let second = try Connection.make(in: folder)
        try first.begin(.writing)
        let error = #expect(throws: SQLiteError.self) { try second.begin(.writing) }
        #expect(error?.condition == .locked)
        first.rollback()
        #expect(throws: Never.self) { try second.begin(.writing) }
    }
}
