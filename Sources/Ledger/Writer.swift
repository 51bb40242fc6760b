internal import SQLite
internal import Synchronization

/// The one thread that writes, with the queue before it.
final class Writer: Sendable {
    let queue: WorkQueue<any Piece<Journal>>
    private let thread: NamedThread
    private let outage = Outage()

    init(_ connection: sending Connection, limits: LedgerLimits) throws(LedgerError) {
        let committer: Committer
        do {
            committer = try Committer(connection)
        } catch {
            throw LedgerError(error)
        }
        let queue = WorkQueue<any Piece<Journal>>(room: limits.waitingWrites)
        let outage = outage
        self.queue = queue
        thread = try NamedThread("ledger-writer") {
            while let batch = queue.takeAll() {
                let outcome = committer.commit(batch)
                outage.last = outcome.outage
                outcome.finish(batch)
                if let trouble = committer.checkpointIfDue(limits, isIdle: queue.count == 0) { outage.last = trouble }
            }
            committer.finish()
        }
    }

    /// Runs `work` in a transaction. Returns when it is durable.
    ///
    /// Not cancelled with the task: what was handed over happens, and the caller learns of it. Nothing new is begun in
    /// a file that was found damaged, though the part that is asked for may be sound.
    func perform<Result: Sendable>(
        _ admission: WorkQueue<any Piece<Journal>>.Admission,
        _ work: @escaping @Sendable (Journal) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        if admission == .refusable, let damage = outage.damage { throw damage }
        return try await queue.perform(admission, work)
    }

    /// Runs `work` in a transaction that nobody waits for.
    func hand(
        _ work: @escaping @Sendable (Journal) throws(LedgerError) -> Void, failed: @escaping @Sendable (LedgerError) -> Void
    ) {
        do throws(LedgerError) {
            try queue.put(Errand(work, failed: failed), .owed)
        } catch {
            failed(error)
        }
    }

    /// The outage that the last commit or checkpoint ran into; nil when it went well. Damage stays: no write
    /// that succeeds proves that the rest of the file is sound.
    var lastOutage: LedgerError? { outage.last }

    /// How many commits or checkpoints ran into one since the start.
    var outages: Int { outage.count }

    /// Commits what waits, then ends the thread and closes its connection.
    func close() {
        queue.close()
        thread.join()
    }
}

/// Written by the writer's thread, read by anybody.
private final class Outage: Sendable {
    private let stored = Mutex<(last: LedgerError?, count: Int)>((nil, 0))

    var last: LedgerError? {
        get { stored.withLock { $0.last } }
        set {
            stored.withLock { stored in
                if stored.last?.isDamage != true { stored.last = newValue }
                if newValue != nil { stored.count += 1 }
            }
        }
    }

    var damage: LedgerError? { last.flatMap { $0.isDamage ? $0 : nil } }

    var count: Int { stored.withLock { $0.count } }
}
