internal import CSQLite

/// What SQLite refused, with what is needed to find out why.
///
/// `sql` is the text of the statement with its placeholders: bound values never get into an
/// error, and so never into a log.
package struct SQLiteError: Error, Sendable, Equatable {
    /// The extended result code (https://sqlite.org/rescode.html), such as 1555 for
    /// `SQLITE_CONSTRAINT_PRIMARYKEY`.
    package let code: Int32
    /// SQLite's own words for it.
    package let message: String
    /// The statement that failed; `nil` when it was not a statement (open, checkpoint).
    package let sql: String?

    package init(code: Int32, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    /// The groups of codes that call for different answers from an operator or a caller.
    package enum Condition: Sendable {
        /// A unique key, a check or NOT NULL: this piece of work is wrong, the database is well.
        case constraint
        /// Another connection held a lock for longer than the busy timeout.
        case locked
        /// The disk, or the bound set with `max_page_count`, is full.
        case full
        /// The file or its folder cannot be written to.
        case readOnly
        /// The file is damaged, or is not an SQLite database.
        case corrupt
        /// Reading, writing or syncing failed below SQLite.
        case inputOutput
        /// The file could not be opened.
        case cannotOpen
        /// The work was stopped by `Connection.interrupt`.
        case interrupted
        /// Anything else: a defect of ours (wrong SQL, wrong use) or memory running out.
        case other
    }

    package var condition: Condition {
        switch code & 0xff {
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .locked
        case SQLITE_FULL: .full
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_IOERR: .inputOutput
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_INTERRUPT: .interrupted
        default: .other
        }
    }

    /// True when a row with the same primary or unique key was there already.
    package var isDuplicateKey: Bool {
        code == Self.primaryKeyTaken || code == Self.uniqueKeyTaken || code == Self.rowIDTaken
    }

    // C computes these in macros that Swift does not import: base code | number << 8.
    private static let primaryKeyTaken = SQLITE_CONSTRAINT | (6 << 8)
    private static let uniqueKeyTaken = SQLITE_CONSTRAINT | (8 << 8)
    private static let rowIDTaken = SQLITE_CONSTRAINT | (10 << 8)
}

extension SQLiteError: CustomStringConvertible {
    package var description: String {
        let text = "SQLite error \(code): \(message)"
        guard let sql else { return text }
        return "\(text) in \"\(sql)\""
    }
}

extension SQLiteError {
    /// A stored value that the program which owns the database never writes.
    package static func damaged(_ message: String) -> SQLiteError {
        SQLiteError(code: SQLITE_CORRUPT, message: message)
    }

    /// The wrong use of this module, found before SQLite was asked.
    static func misuse(_ message: String, sql: String?) -> SQLiteError {
        SQLiteError(code: SQLITE_MISUSE, message: message, sql: sql)
    }
}
