import Ledger
import Reactor

extension Worker {
    /// Between two looks for answers whose time is up.
    private static let sweepPause: Duration = .seconds(60)
    /// Between two steps of one sweep, so that requests get their turn at the ledger.
    private static let stepPause: Duration = .milliseconds(50)

    /// Forgets kept answers whose time is up, for as long as the process runs.
    func sweep() async {
        while (try? await reactor.sleep(until: .after(Worker.sweepPause))) != nil {
            do {
                while try await core.ledger.forgetExpired(before: .now).count == LedgerLimits.requestsPerSweep {
                    try? await reactor.sleep(until: .after(Worker.stepPause))
                }
            } catch {
                core.log.write(.warning, "kept answers not swept", [("reason", "\(error)")])
            }
        }
    }
}
