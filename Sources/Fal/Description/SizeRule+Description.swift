import JSON

extension SizeRule {
    /// The sizes that OpenAI's clients send most, of every generation of its models.
    package static let openAISizes = [
        "auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792",
    ]

    /// In which way the endpoint is told a size, what it accepts, and what OpenAI's sizes become.
    ///
    /// - Parameter mapping: what a size becomes.
    func described(mapping: (ImageSize) -> SizeMapping?) -> JSONObject {
        [
            "by": by.map(JSONValue.string) ?? .null,
            "takes": .string(summary),
            "default": defaultText.map(JSONValue.string) ?? .null,
            "openai_sizes": .object(
                JSONObject(members: Self.openAISizes.map { text in
                    (text, ImageSize(text).map { described($0, mapping($0)) } ?? .null)
                })),
        ]
    }

    /// The parameters of fal's for the size, with what they may be.
    var parameterDescriptions: JSONObject {
        switch self {
        case .none: [:]
        case .unlisted: ["image_size": [:], "aspect_ratio": [:]]
        case .imageSize(let rule):
            ["image_size": ["values": .strings(rule.presets), "object": ["width", "height"], "default": standard]]
        case .literal(let rule):
            [rule.parameter: ["values": .strings(rule.sizes.map(\.description) + rule.words), "default": standard]]
        case .aspectRatio(let rule): rule.parameterDescriptions(default: standard)
        }
    }

    /// The parameters' names, for a sentence.
    var parametersText: String {
        guard case .aspectRatio(let rule) = self, rule.resolution != nil else {
            return parameters.joined(separator: " or ")
        }
        return "\(rule.parameter) and \(ResolutionRule.parameter)"
    }

    private var by: String? {
        switch self {
        case .imageSize: "preset or pixels"
        case .literal: "one of a list"
        case .aspectRatio(let rule): rule.resolution == nil ? "ratio" : "ratio and resolution"
        case .none: nil
        case .unlisted: "unknown"
        }
    }

    private var standard: JSONValue { defaultText.map(JSONValue.string) ?? .null }

    private var defaultText: String? {
        switch self {
        case .imageSize(let rule): rule.defaultSize?.description
        case .literal(let rule): rule.defaultValue
        case .aspectRatio(let rule): rule.defaultValue
        case .none, .unlisted: nil
        }
    }

    /// What is sent for a size, and what comes of it: pixels where they are known, a shape where not.
    private func described(_ size: ImageSize, _ mapping: SizeMapping?) -> JSONValue {
        guard let mapping else {
            return ["sent": nil, "makes": "refused", "same_shape": false]
        }
        return [
            "sent": .object(JSONObject(members: mapping.fields.map { ($0.name, $0.value) })),
            "makes": .string(made(mapping)),
            "same_shape": .bool(size == .automatic || !mapping.changesShape),
        ]
    }

    private func made(_ mapping: SizeMapping) -> String {
        if case .exactly(let size) = mapping.pixels { return size.description }
        guard case .aspectRatio(let rule) = self,
            let ratio = mapping.fields.first(where: { $0.name == rule.parameter })?.value.stringValue,
            AspectRatio(ratio) != nil
        else {
            return mapping.fields.first?.value["width"] == nil ? "the model's choice" : "about that"
        }
        guard let resolution = rule.resolution else { return ratio }
        let tier = mapping.fields.first { $0.name == ResolutionRule.parameter }?.value.stringValue
        return "\(ratio) at \(tier ?? resolution.defaultTier.name)"
    }
}

extension AspectRatioRule {
    fileprivate func parameterDescriptions(default standard: JSONValue) -> JSONObject {
        var values: JSONObject = ["values": .strings(ratios.map(\.description) + words), "default": standard]
        if takesAnyRatio { values["any_ratio"] = true }
        var result: JSONObject = [parameter: .object(values)]
        if let resolution {
            result[ResolutionRule.parameter] = [
                "values": .strings(resolution.tiers.map(\.name)), "default": .string(resolution.defaultTier.name),
            ]
        }
        return result
    }
}

extension JSONValue {
    fileprivate static func strings(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}
