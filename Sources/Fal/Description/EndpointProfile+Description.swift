package import JSON

extension EndpointProfile {
    /// The profile for a reader: what can be asked of the endpoint, what becomes of it, what it costs.
    ///
    /// Everything in it follows from the profile, so that it cannot say something else than happens:
    /// the sizes are mapped by the same code as a request's. Members keep one order, and those that
    /// do not apply are null. Amounts of money are strings, exact.
    ///
    /// - Parameter price: what counts: the profile's own, or the operator's.
    package func described(price: Price) -> JSONObject {
        [
            "endpoint": .string(endpoint.id),
            "task": .string(task),
            "profile": .string(origin.name),
            "listed": listed.map(JSONValue.string) ?? .null,
            "size": .object(size.described(mapping: mapping)),
            "images": .object(count.described),
            "formats": format.map { .object($0.described) } ?? .null,
            "b64_json": hasSyncMode ? "over fal's CDN; inline by sync_mode where result_ttl is 0" : "over fal's CDN",
            "image_inputs": .object(
                JSONObject(members: inputs.map { ($0.parameter, .object($0.described(most: maximumInputs))) })),
            "edit_endpoint": editEndpoint.map { .string($0.id) } ?? .null,
            "required": .array(required.map(JSONValue.string)),
            "openai_parameters": .object(openAIParameters),
            "fal_parameters": .object(falParameters),
            "price": .object(price.described),
            "unknown": .array(unknown.map(JSONValue.string)),
            "notes": .array(notes.map(JSONValue.string)),
        ]
    }

    /// The names of `openai_parameters` that change what is made or how it is returned, in OpenAI's order.
    package var supportedOpenAIParameters: [String] {
        openAIParameters.members.filter { !$0.value.isNull }.map(\.key)
    }

    /// Every parameter of OpenAI's for images: what it becomes here, and null where nothing.
    private var openAIParameters: JSONObject {
        var result: JSONObject = ["n": .string(countText), "size": size.parameters.isEmpty ? .null : .string(size.parametersText)]
        result["response_format"] = "url or b64_json"
        result["output_format"] = format.map { .string($0.parameter) } ?? .null
        for name in ["output_compression", "quality", "style", "background", "moderation"] {
            result[name] = wishText(name).map(JSONValue.string) ?? .null
        }
        result["user"] = "not sent to fal"
        return result
    }

    private var countText: String {
        switch count {
        case .single: "one call for each image"
        case .parameter(let name, nil, _, _): name
        case .parameter(let name, let most?, _, _): "\(name), up to \(most) a call, then more calls"
        }
    }

    private func wishText(_ name: String) -> String? {
        if origin == .unlisted { return name == "moderation" ? nil : "sent as it is" }
        guard let translation = translations[name] else { return takes(name) ? name : nil }
        let spelt = translation.values.keys.sorted().compactMap { value in
            translation.values[value].map { "\(value) is \($0)" }
        }
        let except = translation.except.isEmpty ? [] : ["without \(translation.except.joined(separator: " and "))"]
        return ([translation.parameter] + spelt + except).joined(separator: ", ")
    }

    /// What the endpoint itself takes, with what it may be. `{}` where only the name is known.
    private var falParameters: JSONObject {
        var result = JSONObject()
        for name in required where name == "prompt" { result[name] = [:] }
        for (name, value) in size.parameterDescriptions.members { result[name] = value }
        if case .parameter(let name, let most, _, _) = count {
            result[name] = most.map { ["range": [1, .integer($0)]] } ?? [:]
        }
        if let format { result[format.parameter] = choice(format.values, format.defaultValue) }
        if hasSeed { result["seed"] = defaultSeed.map { ["default": .integer($0)] } ?? [:] }
        if hasSyncMode { result["sync_mode"] = ["values": [true, false], "default": false] }
        for name in Set(choices.keys).union(parameters).union(ranges.keys).sorted() where !result.contains(name) {
            result[name] = described(name)
        }
        for input in inputs where !result.contains(input.parameter) {
            result[input.parameter] = .object(input.described(most: maximumInputs))
        }
        return result
    }

    private func described(_ name: String) -> JSONValue {
        if let choice = choices[name] { return self.choice(choice.values, choice.defaultValue) }
        guard let range = ranges[name] else { return [:] }
        return ["range": [.shortest(range.lowerBound), .shortest(range.upperBound)]]
    }

    private func choice(_ values: [String], _ standard: String?) -> JSONValue {
        ["values": .array(values.map(JSONValue.string)), "default": standard.map(JSONValue.string) ?? .null]
    }
}

extension EndpointProfile.Origin {
    /// The origin as a word for readers.
    package var name: String {
        switch self {
        case .catalogue: "catalogue"
        case .learned: "learned"
        case .unlisted: "unlisted"
        }
    }
}

extension EndpointProfile.ImageInput {
    fileprivate func described(most: Int?) -> JSONObject {
        [
            "type": isList ? "list of addresses" : "address", "required": .bool(isRequired),
            "maximum": isList ? most.map(JSONValue.integer) ?? .null : 1,
        ]
    }
}

extension CountRule {
    fileprivate var described: JSONObject {
        switch self {
        case .single: ["parameter": nil, "per_call": 1, "basis": "documented"]
        case .parameter(let name, let most, let basis, let multiplier):
            [
                "parameter": .string(name), "per_call": most.map(JSONValue.integer) ?? .null, "basis": .string(basis),
                "multiplied_by": multiplier.map(JSONValue.string) ?? .null,
            ]
        }
    }
}

extension FormatRule {
    fileprivate var described: JSONObject {
        [
            "parameter": .string(parameter), "values": .array(values.map(JSONValue.string)),
            "default": defaultValue.map(JSONValue.string) ?? .null,
        ]
    }
}

extension JSONValue {
    /// A number without a fraction that is none: 1, not 1.0.
    fileprivate static func shortest(_ number: Double) -> JSONValue {
        Int(exactly: number).map(JSONValue.integer) ?? JSONNumber(number).map(JSONValue.number) ?? .null
    }
}
