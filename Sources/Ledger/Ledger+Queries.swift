extension Ledger {
    /// The rows that match, newest first.
    ///
    /// - Parameter form: what is made of them, on the reports' thread: ten thousand rows are work for which no loop
    ///   has the time.
    package func spendLogs<Form: Sendable>(
        _ query: SpendQuery, as form: @escaping @Sendable ([SpendRow]) -> Form
    ) async throws(LedgerError) -> Form {
        try await report { reader throws(LedgerError) in form(try reader.spendLogs(query)) }
    }

    /// What the rows that match did cost day by day, the oldest first. Days without any are left out.
    package func dailySpend(_ query: SpendQuery) async throws(LedgerError) -> [DailySpend] {
        try await report { reader throws(LedgerError) in try reader.dailySpend(query) }
    }

    /// Exact sums over the rows that match.
    package func spendSummary(by group: SpendGroup, _ query: SpendQuery) async throws(LedgerError) -> [SpendSummary] {
        try await report { reader throws(LedgerError) in try reader.spendSummary(by: group, query) }
    }

    /// Everything in the journal: at the start, what the process before left unfinished.
    package func openRequests() async throws(LedgerError) -> [OpenRequest] {
        try await read { reader throws(LedgerError) in try reader.openRequests() }
    }

    /// How many jobs are in the journal in each state; a state without any is left out.
    package func jobCounts() async throws(LedgerError) -> [JobState: Int] {
        try await read { reader throws(LedgerError) in try reader.jobCounts() }
    }

    private func report<Result: Sendable>(
        _ query: @escaping @Sendable (LedgerReader) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        if let reports { return try await reports.perform(query) }
        return try await read(query)
    }

    func read<Result: Sendable>(
        _ query: @escaping @Sendable (LedgerReader) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        if let reads { return try await reads.perform(query) }
        return try await writer.perform(.refusable) { journal throws(LedgerError) in
            try query(LedgerReader(on: journal.connection))
        }
    }
}
