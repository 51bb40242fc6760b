internal import Synchronization

/// The thread on which reports run: sums over a million rows, of which one may take seconds. Begins with the first of
/// them, for most gateways are never asked for one.
final class ReportThread: Sendable {
    private enum State {
        case resting
        case running(ReadThread)
        case closed
    }

    private let path: String
    private let limits: LedgerLimits
    private let state = Mutex(State.resting)

    init(path: String, limits: LedgerLimits) {
        self.path = path
        self.limits = limits
    }

    /// - Throws: `.overloaded` when `LedgerLimits.waitingReports` wait; `.closed`; what opening the database
    ///   throws, which blocks for a moment the first time.
    func perform<Result: Sendable>(
        _ report: @escaping @Sendable (LedgerReader) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        try await thread().perform(report)
    }

    private func thread() throws(LedgerError) -> ReadThread {
        try state.withLock { state throws(LedgerError) in
            switch state {
            case .closed: throw .closed
            case .running(let thread): return thread
            case .resting:
                let thread = try ReadThread(
                    "ledger-reports", try LedgerReader(path: path, limits: limits), room: limits.waitingReports)
                state = .running(thread)
                return thread
            }
        }
    }

    func close() {
        let thread: ReadThread? = state.withLock { state in
            defer { state = .closed }
            if case .running(let thread) = state { return thread }
            return nil
        }
        thread?.close()
    }
}
