package import Fal
import HTTP
import JSON
import Money
import OpenAI

/// One place that a model's requests can go to: an entry of `model_list`, its wildcard filled in,
/// with what is known of the endpoint behind it, and one fal key: an entry with several keys makes
/// as many deployments of one id. Immutable; a class because every step of every waiting request
/// holds it.
package final class Deployment: Sendable {
    let configured: ConfiguredModel
    package let endpoint: Endpoint
    /// What is known of the endpoint; for an unlisted one with a `base_model`, of that.
    package let profile: EndpointProfile
    /// The operator's price where there is one, else the profile's.
    package let price: Price
    /// Where this deployment's fal is, with its key.
    let upstream: Upstream
    /// `litellm_params.max_parallel_requests`: shared by all requests of the entry.
    let admission: Admission
    /// What the key is called in logs and answers.
    let keyTag: KeyTag
    /// How entry and key have fared lately.
    let health: Health

    /// The same entry with the endpoint that edits, where that is another one: same id, same key, same
    /// limits. The operator's price holds for it, too; an entry of its own gives it another.
    private let editing: Deployment?
    /// What `model_info` says of this endpoint; nothing of the one that edits.
    private let overrides: JSONObject

    package var id: String { configured.id }

    /// - Throws: `DeploymentError` when `endpoint` is no fal endpoint, or has no use for a price that is
    ///   set for it alone. (The base and the key were checked when the configuration was read.)
    init(
        _ configured: ConfiguredModel, key: Secret, endpoint text: String, catalog: ProfileCatalog,
        admission: Admission, health: Health
    ) throws(DeploymentError) {
        self.configured = configured
        self.admission = admission
        self.health = health
        keyTag = KeyTag(of: key)
        upstream = try Deployment.upstream(of: configured, key: key)
        let (endpoint, known) = try Deployment.known(text, basedOn: configured.baseModel, catalog: catalog)
        self.endpoint = endpoint
        overrides = configured.overrides
        profile = known.overridden(asChecked: overrides)
        if !configured.name.isWildcard, let problem = configured.price.problem(at: profile) { throw DeploymentError(problem) }
        price = configured.price.applied(to: profile)
        editing = Deployment(editingFor: configured, profile, endpoint, catalog, upstream, admission, health, keyTag)
    }

    /// - Returns: `nil` where no other endpoint edits. A `base_model` says how an endpoint behaves, not
    ///   that fal's own sibling may be called in its place.
    private init?(
        editingFor configured: ConfiguredModel, _ profile: EndpointProfile, _ endpoint: Endpoint,
        _ catalog: ProfileCatalog, _ upstream: Upstream, _ admission: Admission, _ health: Health, _ keyTag: KeyTag
    ) {
        guard profile.endpoint == endpoint, let edit = profile.edit else { return nil }
        let sibling = catalog.profile(for: edit)
        self.configured = configured
        self.endpoint = edit
        self.profile = sibling
        self.upstream = upstream
        self.admission = admission
        self.health = health
        self.keyTag = keyTag
        price = configured.price.applied(to: sibling)
        editing = nil
        overrides = [:]
    }

    /// Where a request of that kind goes.
    func serving(_ kind: ImageRequest.Kind) -> Deployment {
        kind == .generation ? self : editing ?? self
    }

    /// The same place, of whose endpoint more is known by now.
    private init(_ other: Deployment, knowing profile: EndpointProfile) {
        configured = other.configured
        admission = other.admission
        health = other.health
        keyTag = other.keyTag
        upstream = other.upstream
        endpoint = other.endpoint
        editing = other.editing
        overrides = other.overrides
        self.profile = profile.overridden(asChecked: overrides)
        price = configured.price.applied(to: self.profile)
    }

    /// This deployment with a profile that was learned since the start. What the configuration says
    /// of the model still counts.
    func knowing(_ profile: EndpointProfile) -> Deployment { Deployment(self, knowing: profile) }

    private static func upstream(of configured: ConfiguredModel, key: Secret) throws(DeploymentError) -> Upstream {
        guard let key = FalKey(key.reveal()) else {
            throw DeploymentError("api_key has characters that cannot stand in an HTTP header")
        }
        var fields = Fields()
        for header in configured.extraHeaders { fields.append(header.name, header.value.reveal()) }
        do {
            return Upstream(base: try QueueBase(apiBase: configured.apiBase), key: key, extraFields: fields)
        } catch {
            throw DeploymentError("api_base is \(error)")
        }
    }

    private static func known(
        _ text: String, basedOn base: String?, catalog: ProfileCatalog
    ) throws(DeploymentError) -> (Endpoint, EndpointProfile) {
        let endpoint = try endpoint(text)
        if let known = listed(text, in: catalog) { return (known.endpoint, known) }
        if let base {
            _ = try self.endpoint(base)
            if let model = listed(base, in: catalog) { return (endpoint, model) }
        }
        return (endpoint, catalog.profile(for: endpoint))
    }

    /// LiteLLM and its documentation leave the owner out of some ids (`flux/schnell`, `gpt-image-2`): such an id is
    /// completed where that, and not the id as it stands, names a known endpoint.
    private static func listed(_ text: String, in catalog: ProfileCatalog) -> EndpointProfile? {
        ["", "fal-ai/", "openai/"].lazy.compactMap { owner in try? Endpoint(owner + text) }.compactMap { catalog[$0] }.first
    }

    private static func endpoint(_ text: String) throws(DeploymentError) -> Endpoint {
        do {
            // An id without a slash can only be one of fal's own.
            return try Endpoint(text.contains("/") ? text : "fal-ai/\(text)")
        } catch {
            throw DeploymentError("\(text.debugDescription) is not a fal endpoint: \(error)")
        }
    }
}

extension EndpointProfile {
    /// With keys of `model_info` that were checked when the configuration was read.
    fileprivate func overridden(asChecked keys: JSONObject) -> EndpointProfile {
        keys.isEmpty ? self : (try? overridden(by: keys)) ?? self
    }
}

/// Why an entry of `model_list` cannot serve.
struct DeploymentError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
