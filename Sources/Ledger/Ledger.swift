internal import SQLite

/// The durable record of what was asked, what it may cost, and what it did cost.
///
/// Each writing operation is one whole transaction and returns when the disk has it
/// (`synchronous = FULL`): what was answered for survives `kill -9` and a power failure.
/// Operations of all event loops are committed in groups by one writer thread; callers suspend,
/// no loop blocks. Cancelling the calling task does not stop an operation that has begun.
///
/// The order of a request's operations is `open` (before anything is sent to fal), `submitted`
/// (before waiting for the job), `settle` (before the answer). A request that fails before it
/// gets to fal is settled without having been opened.
package final class Ledger: Sendable {
    let writer: Writer
    /// For look-ups by key. nil for a database in memory, which only its one connection can see.
    let reads: ReadThread?
    /// For what walks over rows: it may take seconds, and no look-up waits behind it.
    let reports: ReportThread?
    private let lock: LedgerLock?

    /// Opens the database, creates or migrates it, and starts its threads. Blocks meanwhile.
    ///
    /// - Parameter path: a file, created (readable by its owner only) when there is none; or
    ///   ":memory:" for a ledger that is gone with the process.
    /// - Throws: `.inUse` when another process serves from it; `.foreignFile`, `.newerSchema`,
    ///   `.corrupt`, `.readOnly`, `.cannotOpen`, `.diskFull` or `.locked` as the file is found.
    package init(path: String, limits: LedgerLimits = LedgerLimits()) throws(LedgerError) {
        guard path != ":memory:" else {
            lock = nil
            reads = nil
            reports = nil
            writer = try Writer(try Self.connect(path, limits), limits: limits)
            return
        }
        lock = try LedgerLock(forDatabase: path)
        try DatabaseFile.createIfMissing(path)
        writer = try Writer(try Self.connect(path, limits), limits: limits)
        do throws(LedgerError) {
            reads = try ReadThread(
                "ledger-reader", try LedgerReader(path: path, limits: limits), room: limits.waitingReads)
            reports = ReportThread(path: path, limits: limits)
        } catch {
            writer.close()
            throw error
        }
    }

    deinit {
        close()
    }

    /// Commits what waits, then closes. Later calls are `.closed`. Blocks until it is done; calling
    /// it again is harmless.
    package func close() {
        reads?.close()
        reports?.close()
        writer.close()
        lock?.release()
    }

    /// Why the last commit or checkpoint failed; nil while all is well.
    package var lastOutage: LedgerError? { writer.lastOutage }

    /// Commits and checkpoints that the disk or the file refused since the start.
    package var outages: Int { writer.outages }

    /// Returns when the ledger can write, as far as is known: for readiness checks.
    ///
    /// Costs nothing while the last commit went well. After an outage it tries to write one
    /// page, so that a gateway which turned its clients away finds out that the disk is back. A damaged file
    /// is not tried again.
    package func checkHealth() async throws(LedgerError) {
        guard let outage = writer.lastOutage else { return }
        if outage.isDamage { throw outage }
        try await writer.perform(.owed) { journal throws(LedgerError) in try journal.touch() }
    }

    /// Operations that wait for the next commit: a gauge of the disk.
    package var waitingWrites: Int { writer.queue.count }

    /// Operations handed to the writer since the start.
    package var acceptedWrites: Int { writer.queue.accepted }

    /// Makes durable that jobs are about to be sent to fal. If this throws, they must not be sent.
    ///
    /// - Parameters:
    ///   - jobs: at least one where the request is stored: what has no job does not run.
    ///   - stored: keeps the request for its owner, from now until `settle`, `settleLate` or their
    ///     like end it. Whoever repeats it meanwhile is `.joined` to it, without anything being
    ///     written: looking for the earlier one and storing this one are one step. nil: not kept.
    /// - Throws: `.overloaded` when `LedgerLimits.waitingWrites` operations wait; `.alreadyOpen`.
    @discardableResult
    package func open(
        _ request: RequestRow, jobs: [JobRow], stored: StoredRequest.Draft? = nil
    ) async throws(LedgerError) -> OpenOutcome {
        let now = Timestamp.now
        return try await writer.perform(.refusable) { journal throws(LedgerError) in
            try journal.open(request, jobs: jobs, stored: stored, at: now)
        }
    }

    /// Makes durable that a request goes on with other jobs: the attempts before them end in the same step,
    /// so that no crash makes a job that fal refused look like one that was lost. If this throws,
    /// nothing has changed, and the new jobs must not be sent.
    ///
    /// - Parameters:
    ///   - ended: `refused` for an attempt that fal did not take, `answerLost` for one that it may
    ///     have. Leave them out of the settlement.
    ///   - rendering: replaces that of the stored request, where there is one; nil where it stays right.
    /// - Throws: `.alreadyOpen`; `.noSuchJob`; `.impossible` for one whose receipt has come meanwhile.
    package func openElsewhere(
        _ request: RequestRow, jobs: [JobRow], insteadOf ended: [JobSettlement], rendering: [UInt8]? = nil
    ) async throws(LedgerError) {
        try await writer.perform(.owed) { journal throws(LedgerError) in
            try journal.openElsewhere(request, jobs: jobs, insteadOf: ended, rendering: rendering)
        }
    }

    /// Makes durable how to find the job at fal. When this throws the job runs all the same, and
    /// after a crash nobody could fetch it: go on, and settle it.
    ///
    /// - Throws: `.noSuchJob`; `.impossible` unless the job is `reserved` or `unknown`.
    package func submitted(
        _ job: JobID, falRequestID: String, statusURL: String, responseURL: String, cancelURL: String
    ) async throws(LedgerError) {
        let submission = Submission(
            falRequestID: falRequestID, statusURL: statusURL, responseURL: responseURL, cancelURL: cancelURL, at: .now)
        try await writer.perform(.owed) { journal throws(LedgerError) in try journal.transitions.submitted(job, submission) }
    }

    /// The same for a caller who does not wait for it. It is durable before whatever is handed over after this.
    ///
    /// - Parameter failed: called with what the other throws, perhaps before this returns, and perhaps on the
    ///   ledger's own thread.
    package func noteSubmitted(
        _ job: JobID, falRequestID: String, statusURL: String, responseURL: String, cancelURL: String,
        failed: @escaping @Sendable (LedgerError) -> Void
    ) {
        let submission = Submission(
            falRequestID: falRequestID, statusURL: statusURL, responseURL: responseURL, cancelURL: cancelURL, at: .now)
        writer.hand { journal throws(LedgerError) in try journal.transitions.submitted(job, submission) } failed: { failed($0) }
    }

    /// Writes the spend row and ends its jobs, together. Call it before the client is answered.
    ///
    /// - Parameters:
    ///   - jobs: every job of the request with its end. One that is left out stays as it is, with
    ///     its reservation.
    ///   - stored: what becomes of the stored request. nil leaves it running: for an answer that is
    ///     not the last word, because jobs go on.
    /// - Throws: `.alreadyRecorded` when the request has a row; `.noSuchJob`; `.impossible`. None
    ///   changes anything. `.overloaded` only when `jobs` is empty.
    package func settle(
        _ row: SpendRow, jobs: [JobSettlement] = [], stored: StoredEnd? = nil
    ) async throws(LedgerError) {
        let now = Timestamp.now
        try await writer.perform(jobs.isEmpty ? .refusable : .owed) { journal throws(LedgerError) in
            try journal.settle(row, jobs: jobs, stored: stored, at: now)
        }
    }

    /// Ends jobs whose request was settled before them, as `unknown` or `abandoned`, and adds what they did cost to
    /// the spend row. The journal forgets them, all in one step.
    ///
    /// - Parameter stored: what becomes of the stored request; nil leaves it as it is.
    /// - Throws: `.noSuchJob` when one is settled already, so that its cost is added once;
    ///   `.notRecorded` while the request has no spend row. Nothing has changed then.
    package func settleLate(_ ends: [(job: JobID, end: LateEnd)], stored: StoredEnd? = nil) async throws(LedgerError) {
        let now = Timestamp.now
        try await writer.perform(.owed) { journal throws(LedgerError) in
            try journal.settleLate(ends, stored: stored, at: now)
        }
    }

    private static func connect(_ path: String, _ limits: LedgerLimits) throws(LedgerError) -> sending Connection {
        let connection = try LedgerError.translating { () throws(SQLiteError) in
            try Connection(path: path, access: .readWriteCreate, busyTimeout: limits.lockWait)
        }
        // Before anything is written, be it the journal mode in the header.
        try Schema.check(connection)
        try LedgerError.translating { () throws(SQLiteError) in
            try connection.useDurableLog()
            connection.checkpointByHand()
            // Debian's SQLite zeroes what is deleted. Settled jobs are no secret.
            try connection.execute("PRAGMA secure_delete = OFF")
            if let pages = limits.databasePages { try connection.execute("PRAGMA max_page_count = \(pages)") }
        }
        try Schema.migrate(connection)
        return connection
    }
}
