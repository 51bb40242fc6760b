import Fal
import HTTP
import JSON
import OpenAI

extension ImageRequest {
    /// - Throws: `.invalidRequest` when neither path, query nor body names a model.
    var requiredModel: String {
        get throws(GatewayError) {
            guard let model, !model.isEmpty else {
                throw GatewayError(
                    .invalidRequest, "`model` is required. GET /v1/models lists the models.", param: "model",
                    code: RequestProblem.Code.missing.rawValue)
            }
            return model
        }
    }

    /// The request in fal's terms, completed by the deployment's defaults.
    func parameters(for deployment: Deployment) -> ImageParameters {
        let configured = deployment.configured
        var defaults = configured.defaults
        defaults["response_format"] = nil
        var (wishes, extra) = (wishes, extra)
        for name in extra.keys where Wish.onlyOpenAI.contains(name) { wishes[name] = extra.removeValue(forKey: name) }
        for name in ImageRequest.wishNames where !wishes.contains(name) && !extra.contains(name) {
            if let value = defaults.removeValue(forKey: name) { wishes[name] = value }
        }
        var parameters = ImageParameters(
            prompt: prompt, count: count, size: size.flatMap { ImageSize($0.text) }, wishes: wishes, extra: extra,
            images: images.map(\.address), mask: mask?.address)
        parameters = parameters.completed(with: defaults, for: deployment.profile)
        for name in configured.droppedParameters { parameters.remove(name) }
        return parameters
    }

    /// OpenAI's fields whose name or values differ from model to model.
    private static let wishNames = [
        "quality", "style", "background", "moderation", "output_format", "output_compression", "user",
        "safety_identifier", "input_fidelity",
    ]

    private var wishes: JSONObject {
        var wishes = JSONObject()
        wishes["quality"] = quality.map(JSONValue.string)
        wishes["style"] = style.map(JSONValue.string)
        wishes["background"] = background.map(JSONValue.string)
        wishes["moderation"] = moderation.map(JSONValue.string)
        wishes["output_format"] = outputFormat.map(JSONValue.string)
        wishes["output_compression"] = outputCompression.map(JSONValue.integer)
        wishes["input_fidelity"] = inputFidelity.map(JSONValue.string)
        wishes["user"] = user.map(JSONValue.string)
        wishes["safety_identifier"] = safetyIdentifier.map(JSONValue.string)
        return wishes
    }

    /// How images are handed over: as asked for, else as the deployment says. The events of a stream
    /// have a place for bytes only, so bytes are in them unless an address was asked for.
    func delivery(on deployment: Deployment) -> ImageDelivery {
        let configured = deployment.configured
        let asked = responseFormat?.rawValue ?? configured.defaults["response_format"]?.stringValue
        if let asked = asked.flatMap(ImageDelivery.init) { return asked }
        return stream == true && configured.policies.delivery == .url ? .base64 : configured.policies.delivery
    }

    /// What becomes of fields that the endpoint cannot honour: as the request says, else the configuration.
    func unsupportedParameters(on deployment: Deployment) -> UnsupportedParameters {
        switch gatewayFields["drop_params"]?.boolValue {
        case true?: .drop
        case false?: .refuse
        case nil: deployment.configured.unsupportedParameters ?? .drop
        }
    }
}

extension ImageParameters {
    /// Takes out a parameter that the operator never wants to be sent, whichever way it was given.
    fileprivate mutating func remove(_ name: String) {
        extra.removeValue(forKey: name)
        wishes.removeValue(forKey: name)
        if name == "size" { size = nil }
        if name == "n" { count = nil }
    }
}

extension Plan {
    /// Decides what the request becomes on the deployment's endpoint.
    ///
    /// - Throws: `.invalidRequest`, `.unsupportedParameter`, `.unpricedModel`.
    static func make(
        _ parameters: ImageParameters, unsupported: UnsupportedParameters, on deployment: Deployment,
        configuration: Configuration
    ) throws(GatewayError) -> Plan {
        let plan: Plan
        do {
            try deployment.profile.checkCompleteness(of: parameters)
            plan = try deployment.profile.plan(
                parameters, price: deployment.price, sizes: deployment.configured.policies.sizes)
        } catch {
            throw GatewayError(error)
        }
        if unsupported == .refuse, let visible = plan.dropped.first(where: { $0.effect == .visible }) {
            throw GatewayError(
                .unsupportedParameter,
                "The model cannot honour `\(visible.name)`, and `drop_params` is false.", param: visible.name)
        }
        // fal's own `num_images` and `max_images` are checked here, too: they were not among OpenAI's fields.
        guard plan.maximumImages <= configuration.maximumImagesPerRequest else {
            throw GatewayError(
                .invalidRequest,
                "The request asks for \(plan.maximumImages) images; at most \(configuration.maximumImagesPerRequest) are made at once.",
                param: "n", code: RequestProblem.Code.tooLarge.rawValue)
        }
        if plan.maximumCost == nil, configuration.unpricedModels == .reject {
            throw GatewayError(
                .unpricedModel,
                "The model has no known price and may not be used. The operator can set output_cost_per_image in its model_info.",
                param: "model")
        }
        return plan
    }
}
