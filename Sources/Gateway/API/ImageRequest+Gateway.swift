import Fal
import HTTP
import JSON
import OpenAI

extension ImageRequest {
    /// Parses the body of an image request.
    ///
    /// - Throws: `.unsupportedMediaType`, `.invalidJSON`.
    static func body(of request: Request) throws(GatewayError) -> JSONValue {
        if let type = request.head.fields.first("content-type"), !isJSON(type) {
            throw GatewayError(
                .unsupportedMediaType, "The body must be JSON: send `Content-Type: application/json`.",
                detail: "content type \(type)")
        }
        do {
            return try JSON.parse(request.body, duplicateKeys: .reject)
        } catch {
            throw GatewayError(error)
        }
    }

    /// Reads an image request.
    ///
    /// - Parameter model: named by the path or the query, where it beats the body's.
    /// - Throws: `.invalidRequest`.
    static func read(_ body: JSONValue, model: String?, maximumImages: Int) throws(GatewayError) -> ImageRequest {
        var wanted: ImageRequest
        do {
            wanted = try decode(body, maximumImages: maximumImages)
        } catch {
            throw GatewayError(error)
        }
        wanted.model = model ?? wanted.model
        if wanted.stream == true {
            throw GatewayError(
                .invalidRequest, "`stream` is not supported: leave it out or send false.", param: "stream",
                code: "invalid_value")
        }
        return wanted
    }

    /// `application/json`, or any type that is JSON underneath; parameters do not matter.
    private static func isJSON(_ type: String) -> Bool {
        let name = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        return name == "application/json" || name.hasSuffix("+json")
    }

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
        var wishes = wishes
        for name in ImageRequest.wishNames where !wishes.contains(name) && !extra.contains(name) {
            if let value = defaults.removeValue(forKey: name) { wishes[name] = value }
        }
        var parameters = ImageParameters(
            prompt: prompt, count: count, size: size.flatMap { ImageSize($0.text) }, wishes: wishes, extra: extra)
        parameters = parameters.completed(with: defaults, for: deployment.profile)
        for name in configured.droppedParameters { parameters.remove(name) }
        return parameters
    }

    /// OpenAI's fields whose name or values differ from model to model.
    private static let wishNames = [
        "quality", "style", "background", "moderation", "output_format", "output_compression", "user",
        "safety_identifier",
    ]

    private var wishes: JSONObject {
        var wishes = JSONObject()
        wishes["quality"] = quality.map(JSONValue.string)
        wishes["style"] = style.map(JSONValue.string)
        wishes["background"] = background.map(JSONValue.string)
        wishes["moderation"] = moderation.map(JSONValue.string)
        wishes["output_format"] = outputFormat.map(JSONValue.string)
        wishes["output_compression"] = outputCompression.map(JSONValue.integer)
        wishes["user"] = user.map(JSONValue.string)
        wishes["safety_identifier"] = safetyIdentifier.map(JSONValue.string)
        return wishes
    }

    /// How images are handed over: as asked for, else as the deployment's default says, else by address.
    func format(on deployment: Deployment) -> ResponseFormat {
        responseFormat ?? deployment.configured.defaults["response_format"]?.stringValue.flatMap(ResponseFormat.init)
            ?? .url
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
            plan = try deployment.profile.plan(parameters, price: deployment.price)
        } catch {
            throw GatewayError(error)
        }
        if unsupported == .refuse, let visible = plan.dropped.first(where: { $0.effect == .visible }) {
            throw GatewayError(
                .unsupportedParameter,
                "The model cannot honour `\(visible.name)`, and `drop_params` is false.", param: visible.name)
        }
        // fal's own `num_images` is checked here, too: it was not among OpenAI's fields.
        guard plan.imageCount <= configuration.maximumImagesPerRequest else {
            throw GatewayError(
                .invalidRequest,
                "The request asks for \(plan.imageCount) images; at most \(configuration.maximumImagesPerRequest) are made at once.",
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
