package import Fal
package import YAML

/// Which deployment answers for a model's name.
///
/// In this order, the first that fits: a `model_name` (or an alias of one), a deployment's id, an
/// endpoint that some deployment has (`fal_ai/<endpoint>`), a `model_name` with a wildcard. Names
/// are compared exactly, case included.
package struct Routing: Sendable {
    private var groups: [String: [Deployment]] = [:]
    private var byID: [String: Deployment] = [:]
    private var byEndpoint: [String: [Deployment]] = [:]
    /// The longest patterns first: `fal_ai/fal-ai/*` before `fal_ai/*`.
    private var wildcards: [ConfiguredModel] = []
    private let catalog: ProfileCatalog
    /// By deployment id; one for all endpoints that an entry with a wildcard stands for.
    private let admissions: [String: Admission]

    /// What `GET /v1/models` shows, in the order of the configuration.
    package private(set) var listedNames: [String] = []

    /// - Throws: `RoutingError` for an entry whose endpoint cannot be used.
    package init(_ configuration: Configuration, catalog: ProfileCatalog = .builtIn) throws(RoutingError) {
        self.catalog = catalog
        admissions = Dictionary(
            configuration.models.map { ($0.id, Admission(limit: $0.maximumParallelRequests)) }, uniquingKeysWith: { a, _ in a })
        for model in configuration.models {
            let name = model.name.description
            if !listedNames.contains(name) { listedNames.append(name) }
            guard !model.name.isWildcard, let endpoint = model.endpoint.endpoint else {
                wildcards.append(model)
                continue
            }
            do {
                add(try deployment(of: model, endpoint: endpoint))
            } catch {
                throw RoutingError(model: name, position: model.position, reason: error.description)
            }
        }
        wildcards.sort { $0.name.description.utf8.count > $1.name.description.utf8.count }
        for alias in configuration.aliases {
            groups[alias.name] = groups[alias.name] ?? groups[alias.model]
            if alias.visibility == .listed, !listedNames.contains(alias.name) { listedNames.append(alias.name) }
        }
    }

    private func deployment(of model: ConfiguredModel, endpoint: String) throws(DeploymentError) -> Deployment {
        try Deployment(
            model, endpoint: endpoint, catalog: catalog, admission: admissions[model.id] ?? Admission(limit: nil))
    }

    private mutating func add(_ deployment: Deployment) {
        groups[deployment.configured.name.description, default: []].append(deployment)
        byID[deployment.id] = deployment
        byEndpoint[deployment.endpoint.id, default: []].append(deployment)
    }

    /// Chooses among the deployments of `model` at random, by weight.
    ///
    /// - Throws: `.modelNotFound`, answered with 404.
    package func deployment(for model: String) throws(GatewayError) -> Deployment {
        let candidates = deployments(for: model)
        guard let first = candidates.first else { throw .modelNotFound(model) }
        guard candidates.count > 1 else { return first }
        // As LiteLLM does: an rpm is a weight as well.
        let weights = candidates.map { candidate in
            max(0, candidate.configured.weight ?? candidate.configured.requestsPerMinute.map(Double.init) ?? 1)
        }
        let total = weights.reduce(0, +)
        guard total > 0 else { return first }
        var left = Double.random(in: 0..<total)
        for (candidate, weight) in zip(candidates, weights) {
            left -= weight
            if left < 0 { return candidate }
        }
        return first
    }

    /// Every deployment that `model` may go to, those of the lowest `order` only; empty when there is none.
    package func deployments(for model: String) -> [Deployment] {
        let group = groups[model] ?? byID[model].map { [$0] } ?? direct(model)
        let first = group.map { $0.configured.order ?? .max }.min()
        return group.filter { ($0.configured.order ?? .max) == first }
    }

    private func direct(_ model: String) -> [Deployment] {
        if model.hasPrefix(EndpointPattern.provider) {
            let endpoint = String(model.dropFirst(EndpointPattern.provider.count))
            if let same = byEndpoint[endpoint] { return same }
        }
        for configured in wildcards {
            guard let captured = configured.name.capture(model),
                let endpoint = configured.endpoint.endpoint(capturing: captured),
                let deployment = try? deployment(of: configured, endpoint: endpoint)
            else { continue }
            return [deployment]
        }
        return []
    }

    /// Every deployment that has no wildcard, and the entries that have one.
    package var all: (deployments: [Deployment], wildcards: [ConfiguredModel]) {
        (listedNames.flatMap { groups[$0] ?? [] }, wildcards)
    }
}

/// An entry of `model_list` that cannot be served, with its place.
package struct RoutingError: Error, CustomStringConvertible {
    package let model: String
    package let position: YAMLPosition
    package let reason: String

    package var description: String { "line \(position.line): model_list: \(model): \(reason)" }
}
