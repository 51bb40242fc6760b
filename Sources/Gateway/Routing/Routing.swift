package import Fal
import Reactor
package import YAML

/// Which deployment answers for a model's name.
///
/// In this order, the first that fits: a `model_name` (or an alias of one), a deployment's id, an
/// endpoint that some deployment has (`fal_ai/<endpoint>`), a `model_name` with a wildcard. Names
/// are compared exactly, case included.
///
/// Immutable; an object, because every request's way through it holds it.
package final class Routing: @unchecked Sendable {
    // @unchecked: nothing changes after `init`.

    private var groups: [String: [Deployment]] = [:]
    private var byID: [String: [Deployment]] = [:]
    private var byEndpoint: [String: [Deployment]] = [:]
    /// Every deployment of an entry without a wildcard, in the order of the configuration.
    private var named: [Deployment] = []
    /// The longest patterns first: `fal_ai/fal-ai/*` before `fal_ai/*`.
    private var wildcards: [ConfiguredModel] = []
    private let catalog: ProfileCatalog
    /// What deployments share: one for all endpoints that an entry with a wildcard stands for.
    private let shared: SharedHealth
    /// How one of several is chosen, and what follows a failure.
    let settings: RoutingSettings

    /// What `GET /v1/models` shows, in the order of the configuration.
    package private(set) var listedNames: [String] = []

    /// - Parameter previous: the one that this replaces: entries and keys that both have go on counting
    ///   where they are.
    /// - Throws: `RoutingError` for an entry whose endpoint cannot be used.
    package init(
        _ configuration: Configuration, catalog: ProfileCatalog = .builtIn, replacing previous: Routing? = nil
    ) throws(RoutingError) {
        self.catalog = catalog
        settings = configuration.routing
        shared = SharedHealth(configuration.models, replacing: previous?.shared)
        for model in configuration.models {
            let name = model.name.description
            if !listedNames.contains(name) { listedNames.append(name) }
            guard !model.name.isWildcard, let endpoint = model.endpoint.endpoint else {
                wildcards.append(model)
                continue
            }
            do {
                for deployment in try deployments(of: model, endpoint: endpoint) { add(deployment) }
            } catch {
                throw RoutingError(model: name, position: model.position, reason: error.description)
            }
        }
        wildcards.sort { $0.name.description.utf8.count > $1.name.description.utf8.count }
        for alias in configuration.aliases {
            // What only a wildcard serves has no group: it is looked up as a request would be.
            groups[alias.name] = groups[alias.name] ?? deployments(for: alias.model)
            if alias.visibility == .listed, !listedNames.contains(alias.name) { listedNames.append(alias.name) }
        }
    }

    /// One deployment for each key of the entry.
    private func deployments(of model: ConfiguredModel, endpoint: String) throws(DeploymentError) -> [Deployment] {
        var deployments: [Deployment] = []
        for key in model.falKeys {
            deployments.append(
                try Deployment(
                    model, key: key, endpoint: endpoint, catalog: catalog, admission: shared.admission(of: model),
                    health: shared.health(of: model, key: key)))
        }
        return deployments
    }

    private func add(_ deployment: Deployment) {
        named.append(deployment)
        groups[deployment.configured.name.description, default: []].append(deployment)
        byID[deployment.id, default: []].append(deployment)
        byEndpoint[deployment.endpoint.id, default: []].append(deployment)
    }

    /// Chooses among the deployments of `model` for a question about it that sends nothing.
    ///
    /// - Throws: `.modelNotFound`, answered with 404.
    package func deployment(for model: String) throws(GatewayError) -> Deployment {
        let candidates = deployments(for: model)
        guard let choice = choice(among: candidates, at: .now) else { throw .modelNotFound(model) }
        return choice.deployment
    }

    /// Every deployment that `model` may go to; empty when there is none.
    package func deployments(for model: String) -> [Deployment] {
        groups[model] ?? byID[model] ?? direct(model)
    }

    private func direct(_ model: String) -> [Deployment] {
        if model.hasPrefix(EndpointPattern.provider) {
            let endpoint = String(model.dropFirst(EndpointPattern.provider.count))
            if let same = byEndpoint[endpoint] { return same }
        }
        for configured in wildcards {
            guard let captured = configured.name.capture(model),
                let endpoint = configured.endpoint.endpoint(capturing: captured),
                let deployments = try? deployments(of: configured, endpoint: endpoint)
            else { continue }
            return deployments
        }
        return []
    }

    /// Whether the configuration has this name, a wildcard's aside.
    func isNamed(_ model: String) -> Bool { groups[model] != nil }

    /// What stands behind a listed name, each entry once; empty for a wildcard.
    package func group(_ name: String) -> [Deployment] { groups[name]?.oncePerEntry ?? [] }

    /// The deployment that stands in a job's row: the entry, and which of its keys.
    ///
    /// - Parameter endpoint: the row's, for an entry with a wildcard.
    /// - Returns: `nil` when the entry is gone from the configuration.
    func deployment(journaled name: String, endpoint: String) -> Deployment? {
        let (id, tag) = Deployment.parts(ofJournalName: name)
        let known = byID[name] ?? byID[id] ?? wildcards.first { $0.id == name || $0.id == id }.flatMap {
            try? deployments(of: $0, endpoint: endpoint)
        } ?? []
        return known.first { $0.keyTag.description == tag } ?? known.first
    }

    /// Every deployment that has no wildcard, each once, and the entries that have one.
    package var all: (deployments: [Deployment], wildcards: [ConfiguredModel]) { (named, wildcards) }

    /// One deployment for each key of each entry. Where an entry leaves the endpoint open it is one that
    /// every key may use.
    var everyKey: [Deployment] {
        named + wildcards.flatMap { model in
            (try? deployments(of: model, endpoint: model.endpoint.endpoint ?? Routing.usualEndpoint)) ?? []
        }
    }

    private static let usualEndpoint = "fal-ai/flux/schnell"
}

extension [Deployment] {
    /// The first of each entry: for those who do not care for keys.
    package var oncePerEntry: [Deployment] {
        var told: Set<String> = []
        return filter { told.insert($0.id).inserted }
    }
}

/// An entry of `model_list` that cannot be served, with its place.
package struct RoutingError: Error, CustomStringConvertible {
    package let model: String
    package let position: YAMLPosition
    package let reason: String

    package var description: String { "line \(position.line): model_list: \(model): \(reason)" }

    /// The same as a finding about the file that the model stands in.
    package func finding(in file: String) -> Finding {
        Finding(severity: .error, file: file, position: position, path: "model_list", message: "\(model): \(reason)")
    }
}
