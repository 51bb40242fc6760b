import Fal
import HTTP
import Ledger
import OpenAI

/// What a configuration makes of the gateway. Immutable: a reload puts another in its place, whole.
///
/// A request takes the one that is current when its body has been read, and has that to its end,
/// whatever is reloaded meanwhile. What lives longer than a configuration is in `Core`.
final class Setup: Sendable {
    let configuration: Configuration
    let authentication: Authentication
    /// falgate's table and what the ledger remembers of fal.
    let catalog: ProfileCatalog
    let routing: Routing
    let models: ModelEndpoints
    let admission: Admission
    /// What was learned of fal since this configuration began.
    let learned = LearnedModels()
    let hosts: ImageHosts
    /// Of the images that a request works on.
    let inputLimits: InputImageLimits
    /// Where fal tells of jobs; `nil` without a `public_url`.
    let hook: FalHook?

    /// - Parameters:
    ///   - previous: the one that this replaces. What it counts goes on: running requests, cooldowns,
    ///     rates and latencies of the entries and keys that both have.
    /// - Throws: `RoutingError`.
    init(
        _ configuration: Configuration, catalog: ProfileCatalog, replacing previous: Setup? = nil
    ) throws(RoutingError) {
        self.configuration = configuration
        self.catalog = catalog
        authentication = Authentication(
            masterKey: configuration.masterKey?.reveal(), keyHeader: configuration.keyHeaderName)
        routing = try Routing(configuration, catalog: catalog, replacing: previous?.routing)
        models = ModelEndpoints(routing: routing, learned: learned, created: Timestamp.now.seconds)
        // With one key, LiteLLM's limit per key and its limit for all are the same thing.
        let limits = [configuration.maximumParallelRequestsPerKey, configuration.maximumParallelRequests]
        admission = Admission(limit: limits.compactMap(\.self).min(), replacing: previous?.admission)
        hosts = ImageHosts(further: configuration.allowedImageHosts)
        hook = FalHook(configuration, replacing: previous?.hook)
        inputLimits = InputImageLimits(count: configuration.maximumInputImages)
    }

    /// The most bytes that the body of an image request may have.
    func maximumBodyBytes(of kind: ImageRequest.Kind) -> Int {
        configuration.maximumRequestBytes
            ?? (kind == .generation ? ServerLimits().bodyBytes : InputImageLimits.bodyBytes)
    }
}
