import JSON
import YAML

/// `litellm_params`: settings of the deployment, and between them default parameters for fal.
extension ConfigurationReader {
    mutating func readParameters(_ place: Place, into model: inout ConfiguredModel) {
        guard case .mapping = place.node.value else {
            return error("this must be a mapping with the model", at: place)
        }
        var key: Place?
        var base: Place?
        var extraBody: Place?
        for member in members(of: place) where !member.value.isNull {
            let value = member.value
            switch member.name {
            case "model": readEndpoint(value, into: &model)
            case "api_key": key = value
            case "api_keys":
                // Not a key of LiteLLM's: as a parameter it would carry the keys into fal's logs.
                error("several fal keys are a list under api_key", at: value)
            case "api_base": base = value
            case "timeout": model.timeout = seconds(value) ?? model.timeout
            case "num_retries": model.retries = integer(value, in: Self.retries) ?? model.retries
            case "extra_headers": model.extraHeaders = extraHeaders(value)
            case "extra_body": extraBody = value
            case "drop_params": model.unsupportedParameters = flag(value).map { $0 ? .drop : .refuse }
            case "additional_drop_params": model.droppedParameters = (elements(of: value) ?? []).compactMap { nonEmptyText($0) }
            case "weight": model.weight = decimal(value)
            case "order": model.order = integer(value, in: 0...Int.max)
            case "rpm": model.requestsPerMinute = integer(value, in: 1...Int.max)
            case "tpm": model.tokensPerMinute = integer(value, in: 1...Int.max)
            case "max_parallel_requests": model.maximumParallelRequests = integer(value, in: 1...Int.max)
            case "base_model":
                guard let name = nonEmptyText(value) else { continue }
                model.baseModel = model.baseModel ?? withoutProvider(name)
            case "mock_response":
                error("answers without fal are not supported: this model would make paid calls", at: value)
            case "litellm_credential_name":
                error("credentials by name are not supported: put api_key here", at: value)
            case "custom_llm_provider": readProvider(value)
            default: readParameter(member, into: &model)
            }
        }
        if place.node["model"] == nil {
            error("litellm_params needs a model, such as fal_ai/fal-ai/flux/dev", at: Place(node: place.node, path: place.path(of: "model")))
        }
        if let extraBody { readExtraBody(extraBody, into: &model) }
        if model.endpoint.isWildcard && !model.name.isWildcard {
            error("a model with * needs a model_name with *", at: Place(node: place.node["model"] ?? place.node, path: place.path(of: "model")))
        }
        readBase(base, into: &model)
        readKey(key, of: place, into: &model)
    }

    // MARK: Which endpoint

    private mutating func readEndpoint(_ place: Place, into model: inout ConfiguredModel) {
        guard let name = nonEmptyText(place) else { return }
        guard name.hasPrefix(EndpointPattern.provider) else {
            // LiteLLM skips such a model with a line in its log; the name is then unknown.
            return error(Self.noProvider(name), at: place)
        }
        guard let endpoint = EndpointPattern(withoutProvider(name)) else {
            return error("behind fal_ai/ stands the id of an endpoint of fal's, such as fal-ai/flux/dev, with at most one *", at: place)
        }
        model.endpoint = endpoint
    }

    private static func noProvider(_ name: String) -> String {
        let provider = name.prefix { $0 != "/" }
        if ["fal-ai", "fal", "fal_ai"].contains(provider) {
            return "the provider is missing: write fal_ai/ before the id of fal's endpoint, such as fal_ai/fal-ai/flux/dev"
        }
        return "only models of fal are served: the model begins with fal_ai/, such as fal_ai/fal-ai/flux/dev"
    }

    private mutating func readProvider(_ place: Place) {
        guard let provider = text(place), provider != "fal_ai" else { return }
        error("only models of fal are served: the provider is fal_ai", at: place)
    }

    // MARK: Key and base URL

    private mutating func readKey(_ given: Place?, of parameters: Place, into model: inout ConfiguredModel) {
        let place = given ?? Place(node: parameters.node, path: parameters.path(of: "api_key"))
        var key = defaults.falKey
        if let given, case .sequence = given.node.value { return readKeys(given, into: &model) }
        if let given {
            guard let text = text(given) else { return }
            if !text.isEmpty { key = text }
        }
        guard let key else {
            return error("no fal key: set api_key here, or the environment variable FAL_AI_API_KEY or FAL_KEY", at: place)
        }
        guard HeaderText.isKey(key) else {
            return error("the fal key has blanks, control characters or non-ASCII letters: it is not one", at: place)
        }
        model.falKey = Secret(key)
    }

    /// A list of keys, each with the same right to be used.
    private mutating func readKeys(_ list: Place, into model: inout ConfiguredModel) {
        var keys: [Secret] = []
        for element in elements(of: list) ?? [] {
            guard let key = nonEmptyText(element) else { continue }
            guard HeaderText.isKey(key) else {
                error("the fal key has blanks, control characters or non-ASCII letters: it is not one", at: element)
                continue
            }
            guard !keys.contains(Secret(key)) else {
                warning("this fal key stands in the list already", at: element)
                continue
            }
            keys.append(Secret(key))
        }
        guard let first = keys.first else { return error("a list of fal keys needs at least one", at: list) }
        model.falKey = first
        model.furtherFalKeys = Array(keys.dropFirst())
    }

    private mutating func readBase(_ given: Place?, into model: inout ConfiguredModel) {
        var base = defaults.apiBase ?? APIBase.queue
        if let given {
            guard let text = text(given) else { return }
            if !text.isEmpty { base = text }
        }
        guard let url = APIBase.normalized(base) else {
            let source = given == nil ? "FAL_AI_API_BASE" : "this"
            let place = given ?? Place(node: YAMLNode(.null, at: model.position), path: "")
            return error("\(source) must be a URL like https://queue.fal.run, without user, query and fragment", at: place)
        }
        model.apiBase = url
    }

    // MARK: What is sent

    private mutating func extraHeaders(_ place: Place) -> [ExtraHeader] {
        var headers: [ExtraHeader] = []
        for member in members(of: place) {
            guard HeaderText.isName(member.name) else {
                error("this is not the name of a header", at: member.value)
                continue
            }
            guard !HeaderText.reserved.contains(member.name.lowercased()) else {
                error("this header is set by the gateway itself", at: member.value)
                continue
            }
            guard let value = text(member.value) else { continue }
            guard HeaderText.isValue(value) else {
                error("the value of a header has no control characters and no blanks around it", at: member.value)
                continue
            }
            headers.append(ExtraHeader(name: member.name, value: Secret(value)))
        }
        return headers
    }

    /// A price, a setting of LiteLLM's, or else a parameter for fal.
    private mutating func readParameter(_ member: Member, into model: inout ConfiguredModel) {
        if readPrice(member, into: &model.price) { return }
        switch KnownKeys.parameters.standing(of: member.name) {
        case .honoured, .ignored, .unenforced: reportUnhonoured(member, in: .parameters)
        case .unknown(let nearest):
            // A mistyped api_key would travel to fal as a parameter.
            if let nearest, member.name.utf8.count >= KnownKeys.shortestSlip, KnownKeys.parameters.honoured.contains(nearest) {
                reportSlip("this key is sent to fal as a parameter; did you mean \(nearest)?", member)
            }
            addDefault(member, to: &model)
        }
    }

    /// `extra_body` is what an OpenAI client merges into the body; it wins over its siblings.
    private mutating func readExtraBody(_ place: Place, into model: inout ConfiguredModel) {
        for member in members(of: place) where !member.value.isNull { addDefault(member, to: &model) }
    }

    private mutating func addDefault(_ member: Member, to model: inout ConfiguredModel) {
        switch json(member.value) {
        case nil, .null?, .array([])?: return
        case .object(let object)? where object.isEmpty: return
        case let value?: model.defaults[member.name] = value
        }
    }
}

/// The base URL of a deployment.
enum APIBase {
    static let queue = "https://queue.fal.run"

    /// Without slashes at the end; LiteLLM's synchronous host becomes the queue's. `nil`
    /// when it is not an http(s) URL of host, port and path.
    static func normalized(_ text: String) -> String? {
        let lowercased = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lowercased.hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.count)
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#@\\\"<>^`{|}".utf8.contains($0) }) else { return nil }
        let authority = rest.prefix { $0 != "/" }.lowercased()
        guard isAuthority(authority) else { return nil }
        var path = rest.drop { $0 != "/" }
        while path.hasSuffix("/") { path.removeLast() }
        let host = authority == "fal.run" || authority == "fal.run:443" ? "queue.fal.run" : authority
        return scheme + host + path
    }

    /// `host`, `host:port` or `[address]:port`.
    private static func isAuthority(_ text: String) -> Bool {
        var host = text[...]
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("[") {
            return host.hasSuffix("]") && host.utf8.count > 3
                && host.dropFirst().dropLast().utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
    }
}
