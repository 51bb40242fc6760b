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
    private let storage = BoundBytes()
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
        var free = storage.room(for: values)
        for index in values.indices {
            guard bind(values[index], at: Int32(index + 1), from: &free) == SQLITE_OK else {
                throw connection.lastError(sql: sql)
            }
        }
    }

    private func bind(_ value: SQLiteValue, at position: Int32, from free: inout UnsafeMutableRawPointer) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, position)
        case .integer(let integer):
            return sqlite3_bind_int64(handle, position, integer)
        case .real(let real):
            return sqlite3_bind_double(handle, position, real)
        case .text(var text):
            let start = free
            let count = text.withUTF8 { BoundBytes.copy(UnsafeRawBufferPointer($0), to: &free) }
            return sqlite3_bind_text64(
                handle, position, start.assumingMemoryBound(to: CChar.self), UInt64(count), nil, UInt8(SQLITE_UTF8))
        case .blob(let bytes):
            let start = free
            let count = bytes.withUnsafeBytes { BoundBytes.copy($0, to: &free) }
            return sqlite3_bind_blob64(handle, position, start, UInt64(count), nil)
        }
    }
}
