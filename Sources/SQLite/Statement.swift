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
        try run { $0.all(values) }
    }

    /// The same without a list of the values: for rows that are written with every request.
    ///
    /// - Parameter give: gives each `?` its value, in order.
    @discardableResult
    package func run(_ give: (inout Binding) -> Void) throws(SQLiteError) -> Int {
        defer { sqlite3_reset(handle) }
        try bind(give)
        while try step() {}
        return connection.changes
    }

    /// Reads every row, in order.
    package func rows<Element>(
        _ values: [SQLiteValue] = [],
        read: (borrowing Row) throws(SQLiteError) -> Element
    ) throws(SQLiteError) -> [Element] {
        defer { sqlite3_reset(handle) }
        try bind { $0.all(values) }
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
        try bind { $0.all(values) }
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

    private func bind(_ give: (inout Binding) -> Void) throws(SQLiteError) {
        var binding = Binding(to: handle, storage)
        give(&binding)
        guard binding.count == parameterCount else {
            throw .misuse("\(binding.count) values for \(parameterCount) parameters", sql: sql)
        }
        guard !binding.isRefused else { throw connection.lastError(sql: sql) }
    }
}
