extension Ledger {
    /// Takes over what the process before left: call it once, at the start, before anything is
    /// opened. In one transaction every `reserved` job becomes `unknown`, for it may have been sent,
    /// and everything in the journal is given, with the stored requests.
    ///
    /// Repeating it gives the same again, less what was settled meanwhile.
    package func adoptJournal() async throws(LedgerError) -> [OpenRequest] {
        try await writer.perform(.owed) { journal throws(LedgerError) in try journal.adopt() }
    }

    /// Settles jobs of a request that `adoptJournal` gave and that was not recorded then: all at
    /// once, or each as it ends. The first call writes `row`; later ones add its cost, images, sizes and fal's
    /// ids to that row and leave its status as it is. So `row` speaks only of the jobs that it comes with.
    ///
    /// Counts once, however often it is repeated: a job that was settled is `.noSuchJob`, one that
    /// only stays (`unknown`, `abandoned`) beside a row that exists is `.alreadyRecorded`. Neither changes anything.
    ///
    /// - Parameter stored: give it with the last of the jobs.
    package func settleRecovered(
        _ row: SpendRow, jobs: [JobSettlement], stored: StoredEnd? = nil
    ) async throws(LedgerError) {
        let now = Timestamp.now
        try await writer.perform(.owed) { journal throws(LedgerError) in
            try journal.settleRecovered(row, jobs: jobs, stored: stored, at: now)
        }
    }

    /// Ends an `unknown` or `abandoned` job as an operator says: the cost is added to the spend
    /// row of its request, and the reservation is free.
    ///
    /// - Parameter stored: what becomes of the stored request. nil: forgotten if it still runs and
    ///   this was its last job, so that a repetition runs afresh.
    /// - Throws: `.noSuchJob` when it is settled, so that it counts once; `.impossible` for a job
    ///   that is still followed; `.notRecorded` while its request has no spend row, which recovery
    ///   writes at the start.
    package func resolveUnknown(
        _ job: JobID, _ decision: OperatorDecision, stored: StoredEnd? = nil
    ) async throws(LedgerError) {
        let now = Timestamp.now
        try await writer.perform(.refusable) { journal throws(LedgerError) in
            try journal.resolve(job, decision, stored: stored, at: now)
        }
    }

    /// What the journal still holds of one request; nil when it holds nothing. For a job that is heard
    /// of after its request was answered.
    package func openRequest(id: String) async throws(LedgerError) -> OpenRequest? {
        try await read { reader throws(LedgerError) in try reader.openRequest(id: id) }
    }

    /// The jobs in one state, or in any; oldest request first.
    package func unsettledJobs(_ state: JobState? = nil) async throws(LedgerError) -> [UnsettledJob] {
        try await read { reader throws(LedgerError) in try reader.unsettledJobs(state) }
    }
}
