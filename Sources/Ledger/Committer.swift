internal import SQLite

/// Makes many callers' work durable with one sync of the disk: group commit.
///
/// Lives on the writer's thread. Whatever came while the last commit ran is the next batch, so
/// batches grow with the load and nobody waits for company.
final class Committer {
    private let connection: Connection
    private let journal: Journal

    init(_ connection: Connection) throws(SQLiteError) {
        self.connection = connection
        journal = try Journal(on: connection)
    }

    /// Commits the batch.
    ///
    /// A piece that cannot be done (a duplicate, an unknown job) fails alone. When the transaction
    /// as a whole fails (no lock, disk full, disk failing) all pieces fail with that reason, and
    /// nothing of them is kept.
    func commit(_ batch: [any Piece<Journal>]) -> Outcome {
        do throws(LedgerError) {
            return try commitTogether(batch) ? .allKept : .apart(try commitApart(batch))
        } catch {
            return .noneKept(error)
        }
    }

    /// What became of a batch.
    enum Outcome {
        case allKept
        /// For each piece why it failed; nil for those that were kept.
        case apart([LedgerError?])
        case noneKept(LedgerError)

        /// The failure of the disk or the file that pieces ran into, if there was one.
        var outage: LedgerError? {
            switch self {
            case .allKept: nil
            case .apart(let failures): failures.lazy.compactMap { $0 }.first(where: \.isOutage)
            case .noneKept(let failure): failure
            }
        }

        /// Resumes every caller, exactly once.
        func finish(_ batch: [any Piece<Journal>]) {
            switch self {
            case .allKept: break
            case .apart(let failures):
                for (piece, failure) in zip(batch, failures) { if let failure { piece.fail(failure) } }
            case .noneKept(let failure):
                for piece in batch { piece.fail(failure) }
            }
            batch.finishAll()
        }
    }

    /// The usual case, without the cost of a savepoint a piece (15 percent of the work).
    /// - Returns: false when a piece failed; nothing has happened then.
    private func commitTogether(_ batch: [any Piece<Journal>]) throws(LedgerError) -> Bool {
        try LedgerError.translating { () throws(SQLiteError) in try connection.begin(.writing) }
        for piece in batch where piece.run(in: journal) != nil {
            connection.rollback()
            return false
        }
        try commitTransaction()
        return true
    }

    /// Every piece behind a savepoint of its own.
    private func commitApart(_ batch: [any Piece<Journal>]) throws(LedgerError) -> [LedgerError?] {
        var failures: [LedgerError?] = []
        do throws(LedgerError) {
            try LedgerError.translating { () throws(SQLiteError) in try connection.begin(.writing) }
            for piece in batch { failures.append(try runApart(piece)) }
        } catch {
            connection.rollback()
            throw error
        }
        try commitTransaction()
        return failures
    }

    private func runApart(_ piece: any Piece<Journal>) throws(LedgerError) -> LedgerError? {
        try LedgerError.translating { () throws(SQLiteError) in try connection.beginSavepoint() }
        let failure = piece.run(in: journal)
        // SQLite may have undone the whole transaction, the pieces before this one included.
        if let failure, !connection.isInTransaction { throw failure }
        try LedgerError.translating { () throws(SQLiteError) in
            if failure == nil { try connection.keepSavepoint() } else { try connection.undoSavepoint() }
        }
        return failure
    }

    private func commitTransaction() throws(LedgerError) {
        do {
            try connection.commit()
        } catch {
            connection.rollback()
            throw LedgerError(error)
        }
    }

    /// Moves the log into the database when it is long and there is time, or when it is very long.
    ///
    /// Callers of the batch before have their answers already; only those who come meanwhile wait.
    /// - Returns: why it could not be done. Nothing is lost then, but the log goes on growing.
    func checkpointIfDue(_ limits: LedgerLimits, isIdle: Bool) -> LedgerError? {
        let pages = connection.pagesSinceCheckpoint
        guard pages >= (isIdle ? limits.checkpointPages : limits.urgentCheckpointPages) else { return nil }
        do {
            try connection.checkpoint(.passive)
            return nil
        } catch {
            return LedgerError(error)
        }
    }

    /// Leaves a database without a log behind. Optional: the next start would read the log.
    func finish() {
        try? connection.checkpoint(.truncate)
    }
}
