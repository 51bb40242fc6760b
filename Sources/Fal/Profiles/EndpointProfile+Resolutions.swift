extension EndpointProfile {
    /// The values of `resolution` that the endpoint takes, as fal writes them; empty where it has no
    /// such parameter. `nil` where falgate's own table does not say: what is learned may come and go.
    package var resolutions: [String]? {
        guard origin == .catalogue else { return nil }
        if case .aspectRatio(let rule) = size, let resolution = rule.resolution { return resolution.tiers.map(\.name) }
        if let choice = choices[ResolutionRule.parameter] { return choice.values }
        return parameters.contains(ResolutionRule.parameter) ? nil : []
    }

    /// The resolution that is meant, as fal writes it: `2K` for `2k`.
    package func resolution(named name: String) -> String? {
        guard let resolutions else { return name }
        return resolutions.first { $0.lowercased() == name.lowercased() }
    }
}
