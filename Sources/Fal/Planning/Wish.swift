import JSON

/// Turns a common parameter into what one endpoint takes.
package struct Wish {
    let name: String
    let value: JSONValue

    static let outputFormat = "output_format"

    enum Outcome: Equatable {
        case sent(parameter: String, value: JSONValue)
        case dropped(DroppedParameter)
    }

    func outcome(on profile: EndpointProfile) throws(PlanRefusal) -> Outcome {
        if profile.origin == .unlisted, !isDescribed(by: profile) {
            let staysHere = Self.meantForTheGateway.contains(name) || Self.onlyOpenAI.contains(name)
            return staysHere ? dropped : .sent(parameter: name, value: value)
        }
        if name == Self.outputFormat { return try formatOutcome(on: profile) }
        if let translation = profile.translations[name] {
            return translated(by: translation, on: profile)
        }
        return profile.takes(name) ? .sent(parameter: name, value: value) : dropped
    }

    /// Of an unlisted endpoint something may be known all the same: what a configuration says.
    private func isDescribed(by profile: EndpointProfile) -> Bool {
        if name == Self.outputFormat { return profile.format != nil }
        return profile.translations[name] != nil || profile.takes(name)
    }

    private func formatOutcome(on profile: EndpointProfile) throws(PlanRefusal) -> Outcome {
        guard let rule = profile.format, let asked = value.stringValue else { return dropped }
        let format = asked == "jpg" ? "jpeg" : asked
        guard rule.values.contains(format) else { throw .format(asked: asked, possible: rule.values) }
        return .sent(parameter: rule.parameter, value: .string(format))
    }

    private func translated(by translation: EndpointProfile.Translation, on profile: EndpointProfile) -> Outcome {
        guard let text = value.stringValue else {
            return profile.choices[translation.parameter] == nil
                ? .sent(parameter: translation.parameter, value: value) : dropped
        }
        if translation.except.contains(text) { return dropped }
        let spelling = translation.values[text] ?? text
        if let choice = profile.choices[translation.parameter], !choice.values.contains(spelling) { return dropped }
        return .sent(parameter: translation.parameter, value: .string(spelling))
    }

    private var dropped: Outcome {
        .dropped(DroppedParameter(name: name, effect: isHarmlessToDrop ? .none : .visible))
    }

    /// Parameters about the caller or about delivery: no model draws differently for them, and who
    /// the caller is is none of fal's business.
    private static let meantForTheGateway: Set<String> = ["user", "moderation", "safety_identifier"]

    /// Parameters of OpenAI's own models that no model of fal's is known to have.
    package static let onlyOpenAI: Set<String> = [
        "complexity", "frame_count", "frame_duration_ms", "svg", "prompt_rewriter",
    ]

    /// Values that mean "as usual".
    private static let usualValues: [String: Set<String>] = [
        "quality": ["auto", "standard", "medium"],
        "background": ["auto", "opaque"],
        "style": ["auto"],
        "input_fidelity": ["low"],
    ]

    private var isHarmlessToDrop: Bool {
        if Self.meantForTheGateway.contains(name) { return true }
        guard let text = value.stringValue else { return false }
        return text == "auto" || Self.usualValues[name]?.contains(text) ?? false
    }
}

extension FalCall {
    /// Whether a common parameter is sent with what its value means on that endpoint.
    package func says(_ name: String, _ value: String, on profile: EndpointProfile) -> Bool {
        guard case .sent(let parameter, let meant)? = try? Wish(name: name, value: .string(value)).outcome(on: profile) else {
            return false
        }
        return input[parameter] == meant
    }
}
