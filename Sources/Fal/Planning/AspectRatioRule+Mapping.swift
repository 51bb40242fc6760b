import JSON

extension AspectRatioRule {
    func mapping(of size: ImageSize?) -> SizeMapping? {
        switch size {
        case nil: .nothing(pixels(of: resolution?.defaultTier))
        case .automatic:
            words.contains("auto")
                ? .field(parameter, "auto", pixels(of: resolution?.defaultTier))
                : .nothing(pixels(of: resolution?.defaultTier))
        case .ratio(let ratio): mapping(of: ratio, tier: nil)
        case .pixels(let size): mapping(of: size.ratio, tier: resolution?.tier(for: size))
        case .preset(let name): mapping(ofPreset: name)
        }
    }

    private func mapping(ofPreset name: String) -> SizeMapping? {
        guard let size = PixelSize.preset(name) else { return .nothing(pixels(of: resolution?.defaultTier)) }
        guard PixelSize.leavesRatioOpen(name) else {
            return mapping(of: size.ratio, tier: resolution?.tier(for: size))
        }
        // auto_2K: no shape, but a size.
        guard let tier = resolution?.tier(for: size) else { return .notTaken(pixels(of: nil)) }
        var mapping = SizeMapping.nothing(pixels(of: tier))
        add(tier, to: &mapping)
        return mapping
    }

    private func mapping(of ratio: AspectRatio, tier: ResolutionRule.Tier?) -> SizeMapping? {
        guard let nearest = ratios.nearest(by: { $0.distance(to: ratio) }) else { return nil }
        // A ratio that was named is meant; one that only follows from pixels (1366x768) is not.
        let chosen = takesAnyRatio && tier == nil && isNamed(ratio) ? ratio : nearest
        var mapping = SizeMapping.field(parameter, chosen.description, pixels(of: tier ?? resolution?.defaultTier))
        mapping.changesShape = !chosen.hasSameShape(as: ratio)
        add(tier, to: &mapping)
        return mapping
    }

    /// Small terms, as somebody writes them.
    private func isNamed(_ ratio: AspectRatio) -> Bool { max(ratio.width, ratio.height) < 100 }

    /// The default tier is left unsaid: older versions of these endpoints have no such parameter.
    private func add(_ tier: ResolutionRule.Tier?, to mapping: inout SizeMapping) {
        guard let tier, tier != resolution?.defaultTier else { return }
        mapping.fields.append((ResolutionRule.parameter, .string(tier.name)))
        let told = "\(ResolutionRule.parameter) \(tier.name)"
        mapping.told = mapping.told.map { "\($0), \(told)" } ?? told
    }

    /// The most pixels an image of a tier has. Its nominal edge is that of the square, and other
    /// shapes come out up to a tenth larger (21:9 at 1K is 1584x672); a quarter is safe.
    func pixels(of tier: ResolutionRule.Tier?) -> PixelBound {
        if let tier { return .atMost(tier.edge * tier.edge / 4 * 5) }
        return .atMost(largestPixels ?? Self.largestWithoutTiers)
    }

    /// Models without tiers make about one megapixel; none is known to make more than this.
    private static let largestWithoutTiers = 2048 * 2048
}

extension LiteralSizeRule {
    func mapping(of size: ImageSize?) -> SizeMapping? {
        switch size {
        case nil: return .nothing(unsaid)
        case .automatic: return words.contains("auto") ? .field(parameter, "auto", largest) : .nothing(unsaid)
        case .pixels(let size): return mapping(of: size.ratio, area: size.pixelCount)
        case .ratio(let ratio): return mapping(of: ratio, area: nil)
        case .preset(let name):
            guard let size = PixelSize.preset(name), !PixelSize.leavesRatioOpen(name) else { return .notTaken(unsaid) }
            return mapping(of: size.ratio, area: size.pixelCount)
        }
    }

    private var unsaid: PixelBound { defaultValue.flatMap { PixelSize($0) }.map(PixelBound.exactly) ?? largest }

    private var largest: PixelBound { .atMost(sizes.map(\.pixelCount).max() ?? SizeMapping.largestUnknown) }

    /// The nearest in shape, and among those of one shape the nearest in pixels.
    private func mapping(of ratio: AspectRatio, area: Int?) -> SizeMapping? {
        guard let shape = sizes.nearest(by: { $0.ratio.distance(to: ratio) }) else { return nil }
        let alike = sizes.filter { $0.ratio.hasSameShape(as: shape.ratio) }
        let chosen = alike.nearest { Double(abs($0.pixelCount - (area ?? $0.pixelCount))) } ?? shape
        var mapping = SizeMapping.field(parameter, chosen.description, .exactly(chosen))
        mapping.changesShape = !chosen.ratio.hasSameShape(as: ratio)
        return mapping
    }
}
