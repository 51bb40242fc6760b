internal import CSQLite

extension Connection {
    /// Makes a returned commit mean that the rows survive a power failure.
    ///
    /// - `journal_mode = WAL`: writers and readers do not block one another, a commit is one
    ///   sequential write. Kept in the file.
    /// - `synchronous = FULL`: every commit syncs the log. With NORMAL, SQLite's usual advice for
    ///   WAL, the last commits are lost with the power (https://sqlite.org/pragma.html#pragma_synchronous).
    /// - `foreign_keys = ON`: off by default in SQLite, for each connection anew.
    /// - `trusted_schema = OFF`: a tampered schema cannot call functions with side effects.
    ///
    /// - Throws: `.readOnly` or `.cannotOpen` where the file or its folder cannot be written to;
    ///   `.other` where the file system has no shared memory for WAL (some network mounts).
    package func useDurableLog() throws(SQLiteError) {
        let mode = try text("PRAGMA journal_mode = WAL")
        guard mode == "wal" || mode == "memory" else {
            throw SQLiteError(
                code: SQLITE_ERROR,
                message: "the database cannot use a write-ahead log here (journal mode \(mode ?? "unknown"))")
        }
        try execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF")
    }

    package enum Checkpoint: Sendable {
        /// As far as readers allow, without waiting for anyone.
        case passive
        /// Waits for readers (up to the busy timeout), then empties the log file.
        case truncate

        fileprivate var mode: Int32 {
            switch self {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        }
    }

    /// Copies what is in the write-ahead log into the database file, so that the log can start
    /// over. Costs no durability: what was committed is on disk before and after.
    package func checkpoint(_ kind: Checkpoint) throws(SQLiteError) {
        var logPages: Int32 = 0
        guard sqlite3_wal_checkpoint_v2(handle, nil, kind.mode, &logPages, nil) == SQLITE_OK else {
            throw lastError(sql: nil)
        }
        checkpointed(logPages: max(0, Int(logPages)))
    }

    /// Stops the statement that is running on this connection; it fails with `.interrupted`.
    /// The one operation that another thread may call, while it knows the connection is alive.
    package func interrupt() {
        sqlite3_interrupt(handle)
    }
}
