import Fal
import HTTP
import Ledger
import OpenAI
import Synchronization

/// What all loops share. Everything in it is immutable or guards itself.
final class Core: Sendable {
    let configuration: Configuration
    let authentication: Authentication
    /// falgate's table and what the ledger remembered of fal at the start.
    let catalog: ProfileCatalog
    let learned = LearnedModels()
    let routing: Routing
    let models: ModelEndpoints
    let admission: Admission
    let hosts: ImageHosts
    let ledger: Ledger
    let log: Log
    /// Of the images that a request works on.
    let inputLimits: InputImageLimits
    let running = RunningRequests()
    let undelivered = Undelivered()

    private let draining = Atomic<Bool>(false)

    /// - Throws: `RoutingError`.
    init(
        _ configuration: Configuration, catalog: ProfileCatalog, ledger: Ledger, log: Log
    ) throws(RoutingError) {
        self.configuration = configuration
        self.catalog = catalog
        self.ledger = ledger
        self.log = log
        authentication = Authentication(
            masterKey: configuration.masterKey?.reveal(), keyHeader: configuration.keyHeaderName)
        routing = try Routing(configuration, catalog: catalog)
        models = ModelEndpoints(routing: routing, learned: learned, created: Int(Timestamp.now.milliseconds / 1_000))
        // With one key, LiteLLM's limit per key and its limit for all are the same thing.
        let limits = [configuration.maximumParallelRequestsPerKey, configuration.maximumParallelRequests]
        admission = Admission(limit: limits.compactMap(\.self).min())
        hosts = ImageHosts(further: configuration.allowedImageHosts)
        inputLimits = InputImageLimits(count: configuration.maximumInputImages)
    }

    /// The most bytes that the body of an image request may have.
    func maximumBodyBytes(of kind: ImageRequest.Kind) -> Int {
        configuration.maximumRequestBytes
            ?? (kind == .generation ? ServerLimits().bodyBytes : InputImageLimits.bodyBytes)
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
