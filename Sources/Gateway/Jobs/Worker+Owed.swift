import Ledger
import Reactor

/// What the ledger owes: it was handed over while the disk failed, and this process alone knows it.
extension Worker {
    /// The first attempt comes when a full disk may have room again; then they come at most this far apart.
    private static let owedFloor: Duration = .seconds(1)
    private static let owedCeiling: Duration = .seconds(30)

    /// Repeats a write that the ledger has refused, until it is made or can never be: what was kept after all is
    /// refused as done, and what a closed or damaged ledger does not take is for the next start.
    ///
    /// Call it in a task that nobody cancels.
    ///
    /// - Returns: what `write` does; `nil` when it can never be made here.
    @discardableResult
    func untilWritten<Written>(_ write: () async throws(LedgerError) -> Written) async -> Written? {
        var pause = Worker.owedFloor
        while true {
            try? await reactor.sleep(until: .after(pause))
            do throws(LedgerError) {
                return try await write()
            } catch {
                guard error.mayPass else { return nil }
            }
            pause = min(pause * 2, Worker.owedCeiling)
        }
    }
}
