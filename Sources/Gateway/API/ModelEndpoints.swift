import Fal
import HTTP
import JSON
import Money
import OpenAI

/// `GET /v1/models`, `GET /v1/models/{id}` and LiteLLM's `GET /model/info`.
struct ModelEndpoints: Sendable {
    let routing: Routing
    /// Seconds since 1970 at which this configuration began: models have no better date.
    let created: Int

    func list() -> Response {
        .json(ModelList(routing.listedNames.map(object)).serialized())
    }

    /// - Throws: `.modelNotFound`.
    func show(_ name: String) throws(GatewayError) -> Response {
        guard routing.listedNames.contains(name) || !routing.deployments(for: name).isEmpty else {
            throw .modelNotFound(name)
        }
        return .json(object(name).serialized())
    }

    private func object(_ name: String) -> ModelObject {
        ModelObject(id: name, created: created, ownedBy: "fal", mode: "image_generation")
    }

    /// Every deployment: what it is called, what it is, what it costs. Never its key.
    func info() -> Response {
        let (deployments, wildcards) = routing.all
        let entries = deployments.map { entry($0.configured, info: ModelEndpoints.info(of: $0)) }
            + wildcards.map { entry($0, info: [:]) }
        return .json(["data": .array(entries)])
    }

    private func entry(_ model: ConfiguredModel, info: JSONObject) -> JSONValue {
        var all: JSONObject = ["id": .string(model.id)]
        for (key, value) in info.members + model.info.members { all[key] = value }
        return [
            "model_name": .string(model.name.description),
            "litellm_params": [
                "model": .string(EndpointPattern.provider + model.endpoint.description),
                "api_base": .string(model.apiBase),
            ],
            "model_info": .object(all),
        ]
    }

    private static func info(of deployment: Deployment) -> JSONObject {
        let profile = deployment.profile
        var info: JSONObject = [
            "key": .string(EndpointPattern.provider + profile.endpoint.id),
            "litellm_provider": "fal_ai",
            "mode": "image_generation",
            "supported_endpoints": ["/v1/images/generations"],
        ]
        if case .perImage(let price) = deployment.price.rule, let each = price.times(1) {
            info["output_cost_per_image"] = .number(JSONNumber(lexeme: each.dollars) ?? JSONNumber(0))
        }
        if !deployment.price.isKnown { info["unpriced"] = true }
        return info
    }
}
