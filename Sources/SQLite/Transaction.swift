internal import CSQLite

/// The commands around a transaction, prepared once a connection.
enum TransactionControl: Int, CaseIterable {
    case begin, beginImmediate, commit, rollback, savepoint, release, rollbackToSavepoint

    var sql: String {
        switch self {
        case .begin: "BEGIN DEFERRED"
        case .beginImmediate: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .savepoint: "SAVEPOINT piece"
        case .release: "RELEASE piece"
        case .rollbackToSavepoint: "ROLLBACK TO piece"
        }
    }
}

extension Connection {
    package enum TransactionKind: Sendable {
        /// Locks nothing until the first statement: for reading one consistent state.
        case reading
        /// Takes the write lock at once, so that no statement inside can find it taken.
        case writing
    }

    /// Runs `body` in a transaction: all of what it does is kept, or nothing.
    ///
    /// Returns after the commit, which with `synchronous = FULL` means after the disk has it.
    /// When `body` throws, or the commit fails, everything is rolled back and the error thrown.
    /// Transactions do not nest; use `savepoint` inside.
    package func transaction<Result>(
        _ kind: TransactionKind,
        _ body: () throws(SQLiteError) -> Result
    ) throws(SQLiteError) -> Result {
        try begin(kind)
        do {
            let result = try body()
            try commit()
            return result
        } catch {
            rollback()
            throw error
        }
    }

    package func begin(_ kind: TransactionKind) throws(SQLiteError) {
        switch kind {
        case .reading: try run(.begin)
        case .writing: try run(.beginImmediate)
        }
    }

    /// When this throws the transaction may still be open: call `rollback()`.
    package func commit() throws(SQLiteError) {
        try run(.commit)
    }

    /// Undoes the open transaction. Does nothing when SQLite has already done so.
    package func rollback() {
        guard isInTransaction else { return }
        // It can only report an error that made SQLite roll back by itself.
        try? run(.rollback)
    }

    /// Starts a part of the open transaction that can be undone alone. Close it with
    /// `keepSavepoint()` or `undoSavepoint()`.
    package func beginSavepoint() throws(SQLiteError) {
        try run(.savepoint)
    }

    package func keepSavepoint() throws(SQLiteError) {
        try run(.release)
    }

    /// Undoes what was done since `beginSavepoint()` and leaves the rest of the transaction.
    package func undoSavepoint() throws(SQLiteError) {
        try run(.rollbackToSavepoint)
        try run(.release)
    }

    private func run(_ command: TransactionControl) throws(SQLiteError) {
        let statement = try prepared(command)
        let result = sqlite3_step(statement)
        let failure = result == SQLITE_DONE ? nil : lastError(sql: command.sql)
        sqlite3_reset(statement)
        if let failure { throw failure }
    }
}
