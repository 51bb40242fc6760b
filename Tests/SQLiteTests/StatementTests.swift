import SQLite
import Testing

@Suite("Statements") struct StatementTests {
    @Test(
        "what is bound is what is read",
        arguments: [
            SQLiteValue.null, .integer(0), .integer(.min), .integer(.max), .real(-0.5), .text(""), .text("fal"),
            .text("a\0b"), .text("Füchse 🦊 im Großformat, länger als ein kurzer String"),
            .blob([]), .blob([0, 255, 0]),
        ])
    func roundTrip(value: SQLiteValue) throws {
        let connection = try Connection.inMemory()
        let read = try Statement("SELECT ?", on: connection).first([value]) { row -> SQLiteValue in
            switch value {
            case .null: row.isNull(0) ? .null : .text("not null")
            case .integer: .integer(row.integer(0))
            case .real: .real(row.real(0))
            case .text: SQLiteValue(row.optionalText(0))
            case .blob: row.isNull(0) ? .null : .blob(row.blob(0))
            }
        }
        #expect(read == value)
    }

    @Test("values of any size are bound side by side, again and again")
    func sizes() throws {
        let connection = try Connection.inMemory()
        let select = try Statement("SELECT ?, ?, ?, ?", on: connection)
        for size in [0, 1, 300, 511, 512, 513, 5_000, 100_000, 3] {
            let (text, bytes) = (String(repeating: "x", count: size), [UInt8](repeating: 7, count: size))
            let read = try select.first([.text(text), .blob(bytes), .text("end" + text), .blob(bytes + [8])]) { row in
                row.text(0) == text && row.blob(1) == bytes && row.text(2) == "end" + text && row.blob(3) == bytes + [8]
            }
            #expect(read == true, "\(size)")
        }
    }

    @Test("an empty text is not NULL, and NULL is no text and no number")
    func emptyIsNotNull() throws {
        let connection = try Connection.inMemory()
        let statement = try Statement("SELECT ? IS NULL, ? IS NULL, NULL", on: connection)
        let read = try statement.first(["", .blob([])]) { row in
            [row.integer(0) == 0, row.integer(1) == 0, row.optionalText(2) == nil, row.optionalInteger(2) == nil]
        }
        #expect(read == [true, true, true, true])
    }

    @Test("rows come in order, and a statement can be used again")
    func rowsInOrder() throws {
        let connection = try Connection.inMemory()
        try connection.execute("CREATE TABLE t (n INTEGER NOT NULL) STRICT")
        let insert = try Statement("INSERT INTO t VALUES (?)", on: connection)
        for number in 1...3 { #expect(try insert.run(SQLiteValue(number)) == 1) }
        let select = try Statement("SELECT n FROM t WHERE n >= ? ORDER BY n DESC", on: connection)
        #expect(try select.rows([1]) { $0.integer(0) } == [3, 2, 1])
        #expect(try select.rows([3]) { $0.integer(0) } == [3])
        #expect(try select.rows([4]) { $0.integer(0) } == [])
        #expect(try Statement("UPDATE t SET n = n + 10", on: connection).run() == 3)
    }

    @Test("a failing statement says its code and its SQL, not its values, and works again afterwards")
    func failure() throws {
        let connection = try Connection.inMemory()
        try connection.execute("CREATE TABLE t (n TEXT PRIMARY KEY) STRICT")
        let insert = try Statement("INSERT INTO t VALUES (?)", on: connection)
        try insert.run("secret")
        let error = #expect(throws: SQLiteError.self) { try insert.run("secret") }
        #expect(error?.code == 1555)
        #expect(error?.isDuplicateKey == true)
        #expect(error?.condition == .constraint)
        #expect(error?.sql == "INSERT INTO t VALUES (?)")
        #expect(error?.description.contains("secret") == false)
        #expect(try insert.run("other") == 1)
    }

    @Test("an error thrown while reading leaves the statement usable")
    func throwingReader() throws {
        let connection = try Connection.inMemory()
        let select = try Statement("SELECT 1", on: connection)
        #expect(throws: SQLiteError.self) {
            try select.rows { _ throws(SQLiteError) -> Int in throw SQLiteError(code: 1, message: "reader") }
        }
        #expect(try select.first { $0.integer(0) } == 1)
    }

    @Test("wrong SQL, a second statement and a wrong number of values are refused")
    func misuse() throws {
        let connection = try Connection.inMemory()
        #expect(throws: SQLiteError.self) { try Statement("SELEC 1", on: connection) }
        #expect(throws: SQLiteError.self) { try Statement("", on: connection) }
        #expect(throws: SQLiteError.self) { try Statement("SELECT 1; SELECT 2", on: connection) }
        #expect(throws: Never.self) { try Statement("SELECT 1 ;\n ", on: connection) }
        let select = try Statement("SELECT ?", on: connection)
        #expect(throws: SQLiteError.self) { try select.run() }
        #expect(throws: SQLiteError.self) { try select.run(1, 2) }
    }
}
