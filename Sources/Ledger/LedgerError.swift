internal import Glibc
package import SQLite

/// Why the ledger did not do what it was asked to.
///
/// Unless a case says otherwise nothing of the work was kept.
package enum LedgerError: Error, Sendable, Equatable {
    // Refused before anything was tried.
    /// Too much work is waiting for the disk.
    case overloaded
    /// `close()` was called.
    case closed

    // The place where the database lies.
    case diskFull(SQLiteError)
    /// Another connection has held the write lock for longer than `LedgerLimits.lockWait`.
    case locked(SQLiteError)
    case readOnly(SQLiteError)
    /// The file is damaged or no database. Restore it; nothing written to it can be trusted.
    case corrupt(SQLiteError)
    /// Reading, writing or syncing failed. A commit that fails like this may turn out to be kept
    /// after a power failure, though it is not seen now.
    case inputOutput(SQLiteError)
    case cannotOpen(SQLiteError)

    // Found at the start.
    /// Another process serves from this database.
    case inUse(processID: Int32?)
    /// The lock file beside the database could not be used.
    case cannotLock(path: String, errno: Int32)
    case cannotStartThread(errno: Int32)
    /// A newer release has written this database; this one does not know its tables.
    case newerSchema(found: Int, known: Int)
    /// A database that a reader finds before the gateway has brought it up to date.
    case olderSchema(found: Int, known: Int)
    /// An SQLite database of another program.
    case foreignFile

    // The work itself.
    /// The request has its spend row already. After `inputOutput` from the same call this means
    /// that the first attempt was kept.
    case alreadyRecorded(requestID: String)
    /// The job was opened before.
    case alreadyOpen(requestID: String)
    /// The journal has no such job: never opened, or settled.
    case noSuchJob(JobID)
    /// The job is in a state in which this cannot happen (see `JobState.after`).
    case impossible(JobID, JobEvent)
    /// There is no spend row to add to.
    case notRecorded(requestID: String)
    /// Anything else: a defect.
    case failed(SQLiteError)
}

extension LedgerError {
    init(_ error: SQLiteError) {
        self =
            switch error.condition {
            case .full: .diskFull(error)
            case .locked: .locked(error)
            case .readOnly: .readOnly(error)
            case .corrupt: .corrupt(error)
            case .inputOutput: .inputOutput(error)
            case .cannotOpen: .cannotOpen(error)
            case .constraint, .interrupted, .other: .failed(error)
            }
    }

    /// Runs `body` and says what its failure means for the ledger.
    static func translating<Result>(_ body: () throws(SQLiteError) -> Result) throws(LedgerError) -> Result {
        do {
            return try body()
        } catch {
            throw LedgerError(error)
        }
    }

    init(_ error: MigrationError) {
        self =
            switch error {
            case .newerSchema(let found, let known): .newerSchema(found: found, known: known)
            case .failed(_, _, let reason): LedgerError(reason)
            }
    }

    /// True when the file itself is at fault, and no waiting mends it.
    var isDamage: Bool {
        if case .corrupt = self { true } else { false }
    }

    /// True when the fault lies with the disk, the file or the load, so that every other piece of
    /// work would fail as well; false when it is this piece of work that cannot be done.
    package var isOutage: Bool {
        switch self {
        case .overloaded, .closed, .diskFull, .locked, .readOnly, .corrupt, .inputOutput, .cannotOpen,
            .inUse, .cannotLock, .cannotStartThread, .newerSchema, .olderSchema, .foreignFile:
            true
        case .alreadyRecorded, .alreadyOpen, .noSuchJob, .impossible, .notRecorded, .failed:
            false
        }
    }
}

extension LedgerError {
    /// True when the same piece of work may be done later, by this process.
    package var mayPass: Bool { isOutage && !isDamage && self != .closed }
}

extension LedgerError: CustomStringConvertible {
    /// For the log and the operator; clients are told less.
    package var description: String {
        switch self {
        case .overloaded: "too much work is waiting for the ledger"
        case .closed: "the ledger is closed"
        case .diskFull(let reason): "the disk is full (\(reason))"
        case .locked(let reason): "another program holds the database's write lock (\(reason))"
        case .readOnly(let reason): "the database cannot be written to (\(reason))"
        case .corrupt(let reason): "the database file is damaged or no database (\(reason))"
        case .inputOutput(let reason): "the disk failed (\(reason))"
        case .cannotOpen(let reason): "the database cannot be opened (\(reason))"
        case .inUse(let processID):
            "another falgate serves from this database" + (processID.map { " (process \($0))" } ?? "")
        case .cannotLock(let path, let errno): "the lock file \(path) cannot be used: \(Self.words(for: errno))"
        case .cannotStartThread(let errno): "no thread could be started: \(Self.words(for: errno))"
        case .newerSchema(let found, let known):
            "a newer release has written this database (schema \(found), this release knows up to \(known))"
        case .olderSchema(let found, let known):
            "the database is of an older release (schema \(found), this release reads \(known)): start the gateway once"
        case .foreignFile: "the file is the database of another program"
        case .alreadyRecorded(let id): "request \(id) has its spend row already"
        case .alreadyOpen(let id): "a job of request \(id) was opened before"
        case .noSuchJob(let id): "job \(id) is not in the journal"
        case .impossible(let id, let event): "job \(id) is in a state in which \"\(event)\" cannot happen"
        case .notRecorded(let id): "request \(id) has no spend row"
        case .failed(let reason): "\(reason)"
        }
    }

    private static func words(for errno: Int32) -> String {
        strerror(errno).map { String(cString: $0) } ?? "errno \(errno)"
    }
}
