internal import CSQLite

/// One prepared SQL statement of one connection, made once and used many times.
///
/// It belongs to the thread that uses its connection, and keeps the connection open as long as
/// it lives. Every use resets it, also one that fails, so no statement holds a read
/// transaction open between uses.
package final class Statement {
    private let handle: OpaquePointer
    private let connection: Connection
    private let parameterCount: Int
    package let sql: String

    /// - Parameter sql: exactly one statement. Text after it is refused, since SQLite would
    ///   silently leave it out.
    package init(_ sql: String, on connection: Connection) throws(SQLiteError) {
        handle = try connection.prepare(sql)
        self.connection = connection
        self.sql = sql
        parameterCount = Int(sqlite3_bind_parameter_count(handle))
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Runs the statement to its end; rows it may produce are passed over.
    ///
    /// - Parameter values: one for each `?`, in order.
    /// - Returns: the number of rows inserted, updated or deleted.
    @discardableResult
    package func run(_ values: SQLiteValue...) throws(SQLiteError) -> Int {
        try run(values)
    }

    @discardableResult
    package func run(_ values: [SQLiteValue]) throws(SQLiteError) -> Int {
        defer { sqlite3_reset(handle) }
        try bind(values)
        while try step() {}
        return connection.changes
    }

    /// Reads every row, in order.
    package func rows<Element>(
        _ values: [SQLiteValue] = [],
        read: (borrowing Row) throws(SQLiteError) -> Element
    ) throws(SQLiteError) -> [Element] {
        defer { sqlite3_reset(handle) }
        try bind(values)
        var elements: [Element] = []
        while try step() {
            elements.append(try read(Row(of: handle)))
        }
        return elements
    }

    /// Reads the first row, if there is one.
    package func first<Element>(
        _ values: [SQLiteValue] = [],
        read: (borrowing Row) throws(SQLiteError) -> Element
    ) throws(SQLiteError) -> Element? {
        defer { sqlite3_reset(handle) }
        try bind(values)
        guard try step() else { return nil }
        return try read(Row(of: handle))
    }

    /// True while there is a row to read.
    private func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw connection.lastError(sql: sql)
        }
    }

    private func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        guard values.count == parameterCount else {
            throw .misuse("\(values.count) values for \(parameterCount) parameters", sql: sql)
        }
        for index in values.indices {
            guard bind(values[index], at: Int32(index + 1)) == SQLITE_OK else {
                throw connection.lastError(sql: sql)
            }
        }
    }

    private func bind(_ value: SQLiteValue, at position: Int32) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, position)
        case .integer(let integer):
            return sqlite3_bind_int64(handle, position, integer)
        case .real(let real):
            return sqlite3_bind_double(handle, position, real)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // An empty buffer may have no address, which SQLite would take for NULL.
                    sqlite3_bind_text64(
                        handle, position, characters.baseAddress ?? Self.emptyText,
                        UInt64(characters.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, position, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(handle, position, $0.baseAddress, UInt64($0.count), Self.copied)
            }
        }
    }

    /// `SQLITE_TRANSIENT`: SQLite copies the bytes before the call returns. C spells it as a
    /// cast of -1, which Swift does not import.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private static nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}
