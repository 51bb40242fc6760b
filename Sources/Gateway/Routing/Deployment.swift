package import Fal
import HTTP
import JSON
import Money

/// One place that a model's requests can go to: an entry of `model_list`, its wildcard filled in,
/// with what is known of the endpoint behind it. Immutable; a class because every step of every
/// waiting request holds it.
package final class Deployment: Sendable {
    let configured: ConfiguredModel
    package let endpoint: Endpoint
    /// What is known of the endpoint; for an unlisted one with a `base_model`, of that.
    let profile: EndpointProfile
    /// The operator's price where there is one, else the profile's.
    let price: Price
    /// Where this deployment's fal is, with its key.
    let upstream: Upstream
    /// `litellm_params.max_parallel_requests`: shared by all requests of the entry.
    let admission: Admission

    package var id: String { configured.id }

    /// - Throws: `DeploymentError` when `endpoint` is no fal endpoint. (The base and the key were
    ///   checked when the configuration was read.)
    init(
        _ configured: ConfiguredModel, endpoint text: String, catalog: ProfileCatalog, admission: Admission
    ) throws(DeploymentError) {
        self.configured = configured
        self.admission = admission
        upstream = try Deployment.upstream(of: configured)
        (endpoint, profile) = try Deployment.known(text, basedOn: configured.baseModel, catalog: catalog)
        price = configured.price.applied(to: profile.price)
    }

    private static func upstream(of configured: ConfiguredModel) throws(DeploymentError) -> Upstream {
        guard let key = FalKey(configured.falKey.reveal()) else {
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

    /// LiteLLM's documentation leaves fal's own owner out of some ids (`flux/schnell`): such an id
    /// is completed where that, and not the id as it stands, names a known endpoint.
    private static func known(
        _ text: String, basedOn base: String?, catalog: ProfileCatalog
    ) throws(DeploymentError) -> (Endpoint, EndpointProfile) {
        let endpoint = try endpoint(text)
        if let known = catalog[endpoint] { return (endpoint, known) }
        if let completed = try? Endpoint("fal-ai/\(text)"), let known = catalog[completed] { return (completed, known) }
        if let base, let model = catalog[try self.endpoint(base)] { return (endpoint, model) }
        return (endpoint, .unlisted(endpoint))
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

/// Why an entry of `model_list` cannot serve.
struct DeploymentError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension CustomPrice {
    func applied(to price: Price) -> Price {
        if let perImage { return price.replaced(perImage: perImage) }
        if let perPixel { return price.replaced(perPixel: perPixel) }
        return price
    }
}
