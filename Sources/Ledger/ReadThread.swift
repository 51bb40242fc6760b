/// The thread on which queries run, so that a sum over a million rows holds up nobody.
final class ReadThread: Sendable {
    private let queue: WorkQueue<any Piece<LedgerReader>>
    private let thread: NamedThread

    init(_ reader: sending LedgerReader, limits: LedgerLimits) throws(LedgerError) {
        let queue = WorkQueue<any Piece<LedgerReader>>(room: limits.waitingReads)
        self.queue = queue
        thread = try NamedThread("ledger-reader") {
            while let batch = queue.takeAll() {
                for piece in batch { piece.finish(piece.run(in: reader)) }
            }
        }
    }

    func perform<Result: Sendable>(
        _ work: @escaping @Sendable (LedgerReader) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        let outcome: Swift.Result<Result, LedgerError> = await withUnsafeContinuation { caller in
            do throws(LedgerError) {
                try queue.put(Work(for: caller, work), .refusable)
            } catch {
                caller.resume(returning: .failure(error))
            }
        }
        return try outcome.get()
    }

    func close() {
        queue.close()
        thread.join()
    }
}
