internal import Glibc

/// A piece that nobody waits for: who handed it over hears of it only when nothing has come of it.
///
/// Unchecked: `failure` is touched by the thread that runs the piece alone.
final class Errand<Context>: Piece, @unchecked Sendable {
    /// Nobody's: it has nobody to resume.
    let thread: pthread_t = 0

    private let body: @Sendable (Context) throws(LedgerError) -> Void
    private let failed: @Sendable (LedgerError) -> Void
    private var failure: LedgerError?

    /// - Parameter failed: called on that thread.
    init(
        _ body: @escaping @Sendable (Context) throws(LedgerError) -> Void, failed: @escaping @Sendable (LedgerError) -> Void
    ) {
        self.body = body
        self.failed = failed
    }

    func run(in context: Context) -> LedgerError? {
        do throws(LedgerError) {
            try body(context)
            failure = nil
        } catch {
            failure = error
        }
        return failure
    }

    func fail(_ failure: LedgerError) {
        self.failure = failure
    }

    func finish(with companions: [any Piece<Context>]) {
        if let failure { failed(failure) }
        for companion in companions { companion.finish(with: []) }
    }
}
