internal import CSQLite

/// One connection to one database file.
///
/// Opened without SQLite's own mutexes: at any moment at most one thread may use a connection
/// and its statements. It may be handed from one thread to another between uses. A connection
/// closes when it and all its statements are gone.
///
/// Never open and close the database file by other means while a connection of this process
/// has it open: closing any descriptor of a file drops all POSIX locks the process holds on it,
/// SQLite's too (https://sqlite.org/howtocorrupt.html, section 2.2).
package final class Connection {
    package enum Access: Sendable {
        case readOnly
        case readWrite
        case readWriteCreate
    }

    let handle: OpaquePointer
    /// By the command's number; `nil` until it is used.
    private var control = [OpaquePointer?](repeating: nil, count: TransactionControl.allCases.count)

    /// Pages committed to the write-ahead log since the last checkpoint. Only counted after
    /// `checkpointByHand()`.
    package private(set) var pagesSinceCheckpoint = 0
    /// Length of the log, in pages, when it was last checkpointed.
    private var pagesCheckpointed = 0

    /// - Parameters:
    ///   - path: a file, or ":memory:" for a database that dies with the connection.
    ///   - busyTimeout: how long a statement waits for another connection's lock before it fails
    ///     with `.locked`.
    /// - Throws: `.cannotOpen`; `.readOnly` when the file exists and may not be written to, though
    ///   `access` asks for it.
    package init(path: String, access: Access, busyTimeout: Duration) throws(SQLiteError) {
        precondition(Self.isLibraryReady, "SQLite was built without threads")
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, access.flags | SQLITE_OPEN_NOMUTEX, nil)
        guard result == SQLITE_OK, let opened else {
            // A handle comes back even from most failed opens, to ask for the reason and to close.
            defer { sqlite3_close_v2(opened) }
            throw SQLiteError(code: opened.map(sqlite3_extended_errcode) ?? result, message: Self.message(opened, result))
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(clamping: busyTimeout.components.seconds * 1000
            + busyTimeout.components.attoseconds / 1_000_000_000_000_000))
        // Where writing is not permitted SQLite opens for reading and says so only at the first write.
        guard access == .readOnly || sqlite3_db_readonly(handle, "main") == 0 else {
            throw SQLiteError(code: SQLITE_READONLY, message: "the file cannot be written to")
        }
    }

    deinit {
        for statement in control { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Runs any number of statements that need no values, such as pragmas and schema changes.
    package func execute(_ sql: String) throws(SQLiteError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError(sql: sql) }
    }

    /// The one number that `sql` yields, such as `PRAGMA user_version`; nil without a row.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        try Statement(sql, on: self).first { $0.integer(0) }
    }

    /// The one text that `sql` yields; nil without a row.
    package func text(_ sql: String) throws(SQLiteError) -> String? {
        try Statement(sql, on: self).first { $0.text(0) }
    }

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    /// False once SQLite has rolled a transaction back by itself, as it does when the disk is
    /// full or fails: the statements before the failing one are undone as well then.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Settles what holds for the whole library, before its first use.
    ///
    /// Without memory statistics SQLite takes no global lock for every allocation: a twentieth of
    /// the cost of a small transaction. (Refused, harmlessly, if another part of the process has
    /// used SQLite before.)
    private static let isLibraryReady: Bool = {
        _ = falgate_sqlite3_config_without_memory_statistics()
        return sqlite3_threadsafe() != 0
    }()

    func prepare(_ sql: String) throws(SQLiteError) -> OpaquePointer {
        var sql = sql
        var statement: OpaquePointer?
        let (result, rest) = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text -> (Int32, Int) in
                var tail: UnsafePointer<CChar>?
                let result = sqlite3_prepare_v3(
                    handle, text.baseAddress, Int32(text.count), UInt32(SQLITE_PREPARE_PERSISTENT), &statement, &tail)
                let consumed = tail.flatMap { end in text.baseAddress.map { end - $0 } } ?? text.count
                let isBlank = text[consumed...].allSatisfy { $0 == 0x20 || $0 == 0x0a || $0 == 0x3b }
                return (result, isBlank ? 0 : text.count - consumed)
            }
        }
        guard result == SQLITE_OK else { throw lastError(sql: sql) }
        guard let statement else { throw .misuse("no statement", sql: sql) }
        guard rest == 0 else {
            sqlite3_finalize(statement)
            throw .misuse("more than one statement", sql: sql)
        }
        return statement
    }

    func lastError(sql: String?) -> SQLiteError {
        let code = sqlite3_extended_errcode(handle)
        return SQLiteError(code: code, message: Self.message(handle, code), sql: sql)
    }

    private static func message(_ handle: OpaquePointer?, _ code: Int32) -> String {
        let text = handle.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
        return text.map { String(cString: $0) } ?? "no message"
    }
}

extension Connection.Access {
    fileprivate var flags: Int32 {
        switch self {
        case .readOnly: SQLITE_OPEN_READONLY
        case .readWrite: SQLITE_OPEN_READWRITE
        case .readWriteCreate: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        }
    }
}

// Stored state lives in the class, so these two are here rather than in files of their own.
extension Connection {
    /// The prepared statement for one of the commands around a transaction.
    func prepared(_ command: TransactionControl) throws(SQLiteError) -> OpaquePointer {
        if let statement = control[command.rawValue] { return statement }
        let statement = try prepare(command.sql)
        control[command.rawValue] = statement
        return statement
    }

    /// Stops SQLite from checkpointing inside a commit, and counts the log's pages instead.
    ///
    /// The automatic checkpoint runs in the commit that crosses its threshold, and makes those
    /// who wait for that commit wait for it too. Whoever calls this must call `checkpoint` now
    /// and then, or the log grows without bound.
    package func checkpointByHand() {
        let connection = Unmanaged.passUnretained(self).toOpaque()
        _ = sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                if let context {
                    Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().committed(logPages: Int(pages))
                }
                return SQLITE_OK
            }, connection)
    }

    private func committed(logPages: Int) {
        // A log that has become shorter has started over, as it does after a complete checkpoint.
        if logPages < pagesCheckpointed { pagesCheckpointed = 0 }
        pagesSinceCheckpoint = logPages - pagesCheckpointed
    }

    func checkpointed(logPages: Int) {
        pagesCheckpointed = logPages
        pagesSinceCheckpoint = 0
    }
}
