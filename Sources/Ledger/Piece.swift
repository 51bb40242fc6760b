/// One caller's work for a thread, and the caller who waits for it.
protocol Piece<Context>: AnyObject, Sendable {
    associatedtype Context

    /// Does the work and keeps its result. May be called again; the last result counts.
    /// - Returns: why it cannot be done; nil when it is.
    func run(in context: Context) -> LedgerError?

    /// Resumes the caller, with the result when `failure` is nil. Called exactly once.
    func finish(_ failure: LedgerError?)
}

/// A piece made of a closure.
///
/// Unchecked: `result` is only touched by the thread that runs the piece, and the caller gets it
/// through the continuation.
final class Work<Context, Result: Sendable>: Piece, @unchecked Sendable {
    typealias Continuation = UnsafeContinuation<Swift.Result<Result, LedgerError>, Never>

    private let body: @Sendable (Context) throws(LedgerError) -> Result
    private let caller: Continuation
    private var result: Swift.Result<Result, LedgerError> = .failure(.closed)

    init(for caller: Continuation, _ body: @escaping @Sendable (Context) throws(LedgerError) -> Result) {
        self.caller = caller
        self.body = body
    }

    func run(in context: Context) -> LedgerError? {
        do throws(LedgerError) {
            result = .success(try body(context))
            return nil
        } catch {
            return error
        }
    }

    func finish(_ failure: LedgerError?) {
        caller.resume(returning: failure.map(Swift.Result.failure) ?? result)
    }
}
