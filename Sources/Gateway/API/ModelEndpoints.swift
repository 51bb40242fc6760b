import Fal
import HTTP
import JSON
import Money
import OpenAI

/// `GET /v1/models`, `GET /v1/models/{id}` and LiteLLM's `GET /model/info`.
struct ModelEndpoints: Sendable {
    let routing: Routing
    /// What was learned since the start is shown, too.
    let learned: LearnedModels
    /// Seconds since 1970 at which this configuration began: models have no better date.
    let created: Int

    func list() -> Response {
        .json(ModelList(routing.listedNames.map { object($0) }).serialized())
    }

    /// OpenAI's object, with what is known of every deployment behind the name under `falgate`.
    ///
    /// - Parameter name: any name that a request may carry, one that a wildcard stands for included.
    /// - Throws: `.modelNotFound`.
    func show(_ name: String) throws(GatewayError) -> Response {
        let deployments = routing.deployments(for: name).oncePerEntry.map(upToDate)
        guard !deployments.isEmpty || routing.listedNames.contains(name) else { throw .modelNotFound(name) }
        var shown = object(name, mode: deployments.first?.configured.mode).json
        shown["falgate"] = [
            "deployments": .array(deployments.map { deployment in
                var described: JSONObject = ["id": .string(deployment.id)]
                for (key, value) in deployment.described.members { described[key] = value }
                return .object(described)
            })
        ]
        return .json(shown.serialized())
    }

    private func upToDate(_ deployment: Deployment) -> Deployment {
        guard deployment.profile.origin == .unlisted else { return deployment }
        return learned.known(deployment.endpoint).map(deployment.knowing) ?? deployment
    }

    private func object(_ name: String, mode: String? = nil) -> ModelObject {
        ModelObject(id: name, created: created, ownedBy: "fal", mode: mode ?? Self.usualMode)
    }

    /// Every deployment under each of its names: what it is called, what it is, what it costs. Never
    /// its key.
    func info() -> Response {
        let named = routing.listedNames.flatMap { name in
            routing.group(name).map { entry($0.configured, name: name, info: Self.info(of: upToDate($0))) }
        }
        let wildcards = routing.all.wildcards.map {
            entry($0, name: $0.name.description, info: ["litellm_provider": "fal_ai", "mode": .string(Self.usualMode)])
        }
        return .json(["data": .array(named + wildcards)])
    }

    private func entry(_ model: ConfiguredModel, name: String, info: JSONObject) -> JSONValue {
        var all: JSONObject = ["id": .string(model.id)]
        for (key, value) in info.members + model.info.members { all[key] = value }
        return [
            "model_name": .string(name),
            "litellm_params": [
                "model": .string(EndpointPattern.provider + model.endpoint.description),
                "api_base": .string(model.apiBase),
            ],
            "model_info": .object(all),
        ]
    }

    private static let usualMode = "image_generation"

    private static func info(of deployment: Deployment) -> JSONObject {
        let profile = deployment.profile
        var info: JSONObject = [
            "key": .string(EndpointPattern.provider + profile.endpoint.id),
            "litellm_provider": "fal_ai",
            "mode": .string(usualMode),
            "supported_endpoints": .array(profile.servedPaths.map(JSONValue.string)),
            "supported_openai_params": .array(profile.supportedOpenAIParameters.map(JSONValue.string)),
        ]
        for (key, price) in deployment.price.perResolution {
            info["output_cost_per_image_\(key)"] = number(price)
        }
        info["output_cost_per_image"] = deployment.price.perImage.map(number)
        info["output_cost_per_pixel"] = deployment.price.perPixel.map(number)
        if !deployment.price.isKnown { info["unpriced"] = true }
        info["falgate"] = .object(deployment.described)
        return info
    }

    /// Exact, as JSON has decimal numbers: LiteLLM's tools read prices as numbers.
    private static func number(_ price: UnitPrice) -> JSONValue {
        JSONNumber(lexeme: price.dollars).map(JSONValue.number) ?? .null
    }
}

extension EndpointProfile {
    /// Where requests for it may come in. Who has to send an image can send its address to the generations, too, but
    /// finds the edits made for it.
    fileprivate var servedPaths: [String] {
        let needsImage = inputs.contains { $0.isRequired }
        return (needsImage ? [] : ["/v1/images/generations"]) + (editEndpoint == nil ? [] : ["/v1/images/edits"])
    }
}

extension Deployment {
    /// The profile with the price that counts. An unlisted endpoint with a `base_model` has that
    /// model's profile and its own name.
    fileprivate var described: JSONObject {
        var described = profile.described(price: price)
        described["endpoint"] = .string(endpoint.id)
        return described
    }
}
