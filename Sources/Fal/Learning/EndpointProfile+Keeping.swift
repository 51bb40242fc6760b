extension EndpointProfile {
    /// Completes a learned profile by the row that it replaces: what fal's document says counts, and what it cannot
    /// say stays known.
    mutating func keep(from known: EndpointProfile) {
        price = known.price
        edit = known.edit
        maximumInputs = maximumInputs ?? known.maximumInputs
        size = size.keeping(known.size)
        // The document knows neither words of OpenAI's nor what is nonsense to the model.
        translations.merge(known.translations.filter { isPossible($0.value, for: $0.key) }) { _, known in known }
        if unknown.contains("images.maximum"), known.count.parameterName == count.parameterName { count = known.count }
        unknown.removeAll { Self.keptParts.contains($0) && !known.unknown.contains($0) }
    }

    private static let keptParts = ["price", "images.maximum", "size.limits"]

    /// Whether the model still takes what the wish becomes, and not the wish itself by now.
    private func isPossible(_ translation: Translation, for wish: String) -> Bool {
        guard takes(translation.parameter), wish == translation.parameter || !takes(wish) else { return false }
        guard let choice = choices[translation.parameter] else { return true }
        return translation.values.values.allSatisfy(choice.values.contains)
    }
}

extension SizeRule {
    /// Sizes that a document allows and the model does not make have been found out one by one.
    fileprivate func keeping(_ known: SizeRule) -> SizeRule {
        switch (self, known) {
        case (.imageSize(let rule), .imageSize(let known)):
            .imageSize(
                ImageSizeRule(
                    presets: rule.presets, limits: rule.limits.completed(by: known.limits),
                    defaultSize: rule.defaultSize, roundsTo: max(rule.roundsTo, known.roundsTo)))
        case (.aspectRatio(let rule), .aspectRatio(let known)):
            .aspectRatio(
                AspectRatioRule(
                    parameter: rule.parameter, ratios: rule.ratios, words: rule.words, takesAnyRatio: rule.takesAnyRatio,
                    defaultValue: rule.defaultValue, resolution: rule.resolution,
                    largestPixels: rule.largestPixels ?? known.largestPixels))
        default: self
        }
    }
}

extension PixelLimits {
    /// Bounds where there are none beyond fal's own.
    fileprivate func completed(by known: PixelLimits) -> PixelLimits {
        let least = edge.lowerBound > Self.unbounded.edge.lowerBound ? edge.lowerBound : known.edge.lowerBound
        let most = edge.upperBound < Self.unbounded.edge.upperBound ? edge.upperBound : known.edge.upperBound
        return PixelLimits(
            edge: least <= most ? least...most : edge, pixels: pixels ?? known.pixels,
            multiple: multiple > 1 ? multiple : known.multiple, ratio: ratio ?? known.ratio)
    }
}
