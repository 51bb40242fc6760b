import Ledger
import Reactor

extension Worker {
    /// Between two looks for answers whose time is up.
    private static let sweepPause: Duration = .seconds(60)
    /// Between two steps of one sweep, so that requests get their turn at the ledger.
    private static let stepPause: Duration = .milliseconds(50)

    /// Forgets kept answers whose time is up, and gives back memory, for as long as the process runs.
    func sweep() async {
        await sweepImages()
        while (try? await reactor.sleep(until: .after(Worker.sweepPause))) != nil {
            do {
                while true {
                    let gone = try await core.ledger.forgetExpired(before: .now)
                    if !gone.isEmpty { try await core.images?.forget(gone) }
                    guard gone.count == LedgerLimits.requestsPerSweep else { break }
                    try? await reactor.sleep(until: .after(Worker.stepPause))
                }
            } catch {
                core.log.write(.warning, "kept answers not swept", [("reason", "\(error)")])
            }
            FreedMemory.giveBack()
        }
    }

    /// Deletes the images that no kept answer has any more: their time was up while nothing ran.
    private func sweepImages() async {
        guard let images = core.images else { return }
        do {
            var gone: [String] = []
            for id in try await images.requests() where try await core.ledger.storedRequest(id: id) == nil { gone.append(id) }
            try await images.forget(gone)
        } catch {
            core.log.write(.warning, "stored images not swept", [("reason", "\(error)")])
        }
    }
}
