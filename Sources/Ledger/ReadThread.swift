/// The thread on which queries run, so that a sum over a million rows holds up nobody.
final class ReadThread: Sendable {
    private let queue: WorkQueue<any Piece<LedgerReader>>
    private let thread: NamedThread

    init(_ reader: sending LedgerReader, limits: LedgerLimits) throws(LedgerError) {
        let queue = WorkQueue<any Piece<LedgerReader>>(room: limits.waitingReads)
        self.queue = queue
        thread = try NamedThread("ledger-reader") {
            while let batch = queue.takeAll() {
                for piece in batch {
                    _ = piece.run(in: reader)
                    piece.finish(with: [])
                }
            }
        }
    }

    func perform<Result: Sendable>(
        _ work: @escaping @Sendable (LedgerReader) throws(LedgerError) -> Result
    ) async throws(LedgerError) -> Result {
        try await queue.perform(.refusable, work)
    }

    func close() {
        queue.close()
        thread.join()
    }
}
