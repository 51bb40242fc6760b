internal import Glibc

/// One caller's work for a thread, and the caller who waits for it.
protocol Piece<Context>: AnyObject, Sendable {
    associatedtype Context

    /// The thread that the caller came from: where it is an event loop's, it is resumed there as well.
    var thread: pthread_t { get }

    /// Does the work and keeps its result. May be called again; the last result counts.
    /// - Returns: why it cannot be done; nil when it is.
    func run(in context: Context) -> LedgerError?

    /// Keeps why nothing became of the work after all.
    func fail(_ failure: LedgerError)

    /// Resumes the caller, who resumes `companions`. Called exactly once.
    func finish(with companions: [any Piece<Context>])
}

extension Sequence {
    /// Resumes every caller, exactly once: one of each thread from here, and the others by that one. An event loop
    /// that is handed work by another thread takes a lock and is woken, and where cores are scarce that thread
    /// stands aside for it, once for every caller; what a loop resumes by itself costs none of this.
    func finishAll<Context>() where Element == any Piece<Context> {
        var waiting = Array(self)
        while let herald = waiting.first {
            let others = waiting.dropFirst()
            herald.finish(with: others.filter { $0.thread == herald.thread })
            waiting = others.filter { $0.thread != herald.thread }
        }
    }
}

/// A piece made of a closure.
///
/// Unchecked: `result` is only touched by the thread that runs the piece, and the caller gets it
/// through the continuation.
final class Work<Context, Result: Sendable>: Piece, @unchecked Sendable {
    typealias Outcome = Swift.Result<Result, LedgerError>
    typealias Continuation = UnsafeContinuation<(Outcome, companions: [any Piece<Context>]), Never>

    let thread = pthread_self()
    private let body: @Sendable (Context) throws(LedgerError) -> Result
    private let caller: Continuation
    private var result: Outcome = .failure(.closed)

    init(for caller: Continuation, _ body: @escaping @Sendable (Context) throws(LedgerError) -> Result) {
        self.caller = caller
        self.body = body
    }

    func run(in context: Context) -> LedgerError? {
        do throws(LedgerError) {
            result = .success(try body(context))
            return nil
        } catch {
            result = .failure(error)
            return error
        }
    }

    func fail(_ failure: LedgerError) {
        result = .failure(failure)
    }

    func finish(with companions: [any Piece<Context>]) {
        caller.resume(returning: (result, companions))
    }
}

extension WorkQueue {
    /// Puts `body` in and waits until the thread has done it.
    ///
    /// Not cancelled with the task: what was handed over happens, and the caller learns of it.
    /// - Throws: what `put` throws, or what `body` does.
    func perform<Context, Result: Sendable>(
        _ admission: Admission, _ body: @escaping @Sendable (Context) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result where Element == any Piece<Context> {
        let (outcome, companions) = await withUnsafeContinuation { (caller: Work<Context, Result>.Continuation) in
            do throws(LedgerError) {
                try put(Work(for: caller, body), admission)
            } catch {
                caller.resume(returning: (.failure(error), companions: []))
            }
        }
        for companion in companions { companion.finish(with: []) }
        return try outcome.get()
    }
}
