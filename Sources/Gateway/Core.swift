import Fal
import Ledger
import Synchronization

/// What all loops share and what lives as long as the process. Everything in it is immutable or
/// guards itself.
final class Core: Sendable {
    let ledger: Ledger
    let log: Log
    let running = RunningRequests()
    let undelivered = Undelivered()
    /// Where fal's webhooks meet those who wait for them.
    let arrivals = WebhookArrivals()

    private let current: Mutex<Setup>
    private let draining = Atomic<Bool>(false)

    init(_ setup: Setup, ledger: Ledger, log: Log) {
        current = Mutex(setup)
        self.ledger = ledger
        self.log = log
    }

    /// What the newest configuration made. Whoever serves a request asks once and keeps the answer:
    /// the next one may be another.
    var setup: Setup { current.withLock { $0 } }

    /// From now on requests are served by `setup`; those that run keep theirs.
    func adopt(_ setup: Setup) {
        current.withLock { $0 = setup }
    }

    /// Whether new image requests are refused because the process is about to end.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func beginDraining() {
        draining.store(true, ordering: .relaxed)
    }

    /// Why no request should be sent here, for `/health/readiness`; `nil` when all is well.
    var reasonNotToServe: String? {
        if isDraining { return "shutting down" }
        return ledger.lastOutage.map { "the ledger cannot be written: \($0)" }
    }
}
