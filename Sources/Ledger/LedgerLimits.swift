/// What the ledger holds and how long it waits.
package struct LedgerLimits: Sendable {
    /// New requests that may wait for the writer; the next one is `.overloaded`. Enough for ten
    /// thousand clients who all press the button at once, about 16 MB if the disk stands still.
    /// Steps of a request that is already open are never refused: money may be spent, and there
    /// are only as many of them as open jobs.
    package var waitingWrites = 16_384
    /// Look-ups by key that may wait: a request may need one before its write, so as many as writes.
    package var waitingReads = 16_384
    /// Reports that may wait: who asks for more at once had better wait himself.
    package var waitingReports = 64
    /// How long another process (a backup, somebody's sqlite3) may hold the write lock before what
    /// waits is told `.locked`. A caller waits twice as long at most: for the batch before its own.
    package var lockWait: Duration = .seconds(5)
    /// Pages in the log before an idle moment is used to move them into the database: 4 MB, as
    /// SQLite's own default.
    package var checkpointPages = 1000
    /// Pages in the log before nobody waits for an idle moment: 32 MB.
    package var urgentCheckpointPages = 8000
    /// Largest size of the database in pages of 4 KiB; nil leaves it to the disk.
    package var databasePages: Int?
    /// Rows a query gives at most. LiteLLM's own bound for spend logs.
    package static let rowsPerQuery = 10_000

    /// Expired requests that one sweep deletes: some milliseconds of the writer's time.
    package static let requestsPerSweep = 500

    package init() {}
}
