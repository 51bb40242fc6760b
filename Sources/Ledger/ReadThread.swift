/// A thread on which queries run, one after the other, so that no loop waits for the disk.
final class ReadThread: Sendable {
    private let queue: WorkQueue<any Piece<LedgerReader>>
    private let thread: NamedThread

    /// - Parameters:
    ///   - name: at most 15 bytes.
    ///   - room: how many queries may wait; the next one is `.overloaded`.
    init(_ name: String, _ reader: sending LedgerReader, room: Int) throws(LedgerError) {
        let queue = WorkQueue<any Piece<LedgerReader>>(room: room)
        self.queue = queue
        thread = try NamedThread(name) {
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
