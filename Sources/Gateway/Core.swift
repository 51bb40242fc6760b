import Fal
import HTTP
import Ledger
import Reactor
import Synchronization

/// What all loops share and what lives as long as the process. Everything in it is immutable or
/// guards itself.
final class Core: Sendable {
    let ledger: Ledger
    let log: Log
    let running = RunningRequests()
    let undelivered = Undelivered()
    let refusals = Refusals()
    let metrics = Metrics()
    /// Where fal's webhooks meet those who wait for them.
    let arrivals = WebhookArrivals()
    /// `nil` without `store_images`.
    let images: StoredImages?

    private let current: Mutex<Setup>
    /// When connections are cut; 0 while the gateway serves.
    private let end = Atomic<UInt64>(0)

    init(_ setup: Setup, ledger: Ledger, log: Log) {
        current = Mutex(setup)
        images = setup.configuration.imageFolder.map {
            StoredImages(path: $0, bound: setup.configuration.imageFolderBytes)
        }
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
    var isDraining: Bool { end.load(ordering: .relaxed) != 0 }

    /// - Parameter end: when the connections that are left are cut.
    func beginDraining(until end: Deadline) {
        self.end.store(max(1, end.nanoseconds), ordering: .relaxed)
    }

    /// Counts an answer. While the process ends every answer is its connection's last: the next request
    /// belongs elsewhere.
    func ending(_ response: Response, at route: Route?) -> Response {
        let model = route?.imageKind == nil ? "" : setup.routing.metricsName(of: response.fields.first("x-litellm-model-group"))
        metrics.answered(route?.metricsName ?? "none", status: response.status, model: model)
        guard isDraining else { return response }
        var response = response
        response.fields.append("connection", "close")
        return response
    }

    /// A client of `request` is gone: its jobs may be stopped. One that the gateway itself has cut off
    /// wants its images: the next start follows its jobs.
    func left(_ request: RunningRequest, _ policy: DisconnectPolicy) {
        let end = end.load(ordering: .relaxed)
        guard end == 0 || Deadline.now < Deadline(nanoseconds: end) else { return }
        request.leave(policy)
    }

    /// Why no request should be sent here, for `/health/readiness`; `nil` when all is well.
    ///
    /// After an outage of the ledger a page is written: whoever turned the clients away because of it
    /// would otherwise never hear that the disk is back.
    func reasonNotToServe() async -> String? {
        if isDraining { return "shutting down" }
        do throws(LedgerError) {
            try await ledger.checkHealth()
            return nil
        } catch {
            return "the ledger cannot be written: \(error)"
        }
    }
}
