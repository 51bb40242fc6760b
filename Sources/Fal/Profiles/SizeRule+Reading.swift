import JSON

// size, by its kind:
//
//   image_size     presets, default (a preset, [width, height] or null), limits (edge, pixels,
//                  multiple, ratio), rounds_to
//   aspect_ratio   parameter, values, default, any_ratio, resolution (values, default), largest
//   literal        parameter, values, default
extension SizeRule {
    init(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else {
            self = .none
            return
        }
        switch try reader.requiredText("by") {
        case "image_size": self = .imageSize(try ImageSizeRule(reading: &reader))
        case "aspect_ratio": self = .aspectRatio(try AspectRatioRule(reading: &reader))
        case "literal": self = .literal(try LiteralSizeRule(reading: &reader))
        case let other: throw reader.failure("by", "'\(other)' is no way to tell a size")
        }
        try reader.finish()
    }
}

extension ImageSizeRule {
    fileprivate init(reading reader: inout RowReader) throws(ProfileError) {
        presets = try reader.texts("presets")
        if let stray = presets.first(where: { ImageSize($0) == nil }) {
            throw reader.failure("presets", "'\(stray)' is no preset of fal's")
        }
        limits = try PixelLimits(reading: try reader.object("limits"))
        roundsTo = try reader.positive("rounds_to") ?? 1
        let value = reader.value("default")
        if let name = value?.stringValue {
            guard presets.contains(name) else { throw reader.failure("default", "is none of the presets") }
            defaultSize = ImageSize(name)
        } else if let width = value?[0]?.intValue, let height = value?[1]?.intValue {
            defaultSize = PixelSize(width: width, height: height).map(ImageSize.pixels)
        } else {
            defaultSize = nil
        }
        guard (value == nil) == (defaultSize == nil) else { throw reader.failure("default", "is no size") }
    }
}

extension PixelLimits {
    fileprivate init(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else {
            self = .unbounded
            return
        }
        self.init(
            edge: try reader.range("edge") ?? PixelLimits.unbounded.edge, pixels: try reader.range("pixels"),
            multiple: try reader.positive("multiple") ?? 1, ratio: try reader.positive("ratio"))
        guard edge.upperBound <= PixelSize.maximumEdge else { throw reader.failure("edge", "is beyond fal's bound") }
        try reader.finish()
    }
}

extension AspectRatioRule {
    fileprivate init(reading reader: inout RowReader) throws(ProfileError) {
        let values = try reader.texts("values")
        parameter = try reader.requiredText("parameter")
        ratios = values.compactMap { AspectRatio($0) }
        words = values.filter { AspectRatio($0) == nil }
        defaultValue = try reader.text("default")
        takesAnyRatio = try reader.flag("any_ratio")
        resolution = try ResolutionRule(reading: try reader.object("resolution"))
        largestPixels = try reader.positive("largest")
        guard !ratios.isEmpty else { throw reader.failure("values", "has no ratio") }
        guard defaultValue.map(values.contains) ?? true else { throw reader.failure("default", "is none of the values") }
    }
}

extension ResolutionRule {
    fileprivate init?(reading reader: RowReader?) throws(ProfileError) {
        guard var reader else { return nil }
        let names = try reader.texts("values")
        let defaultName = try reader.requiredText("default")
        let all = names.compactMap(Tier.init(name:))
        guard all.count == names.count, let standard = all.first(where: { $0.name == defaultName }) else {
            throw reader.failure("values", "are not tiers with the default among them")
        }
        tiers = all.sorted { $0.edge < $1.edge }
        defaultTier = standard
        try reader.finish()
    }
}

extension ResolutionRule.Tier {
    init?(name: String) {
        let edges = ["0.5K": 512, "1K": 1024, "2K": 2048, "3K": 3072, "4K": 4096]
        guard let edge = edges[name] else { return nil }
        self.init(name: name, edge: edge)
    }
}

extension LiteralSizeRule {
    fileprivate init(reading reader: inout RowReader) throws(ProfileError) {
        let values = try reader.texts("values")
        parameter = try reader.requiredText("parameter")
        sizes = values.compactMap { PixelSize($0) }
        words = values.filter { PixelSize($0) == nil }
        defaultValue = try reader.text("default")
        guard !sizes.isEmpty else { throw reader.failure("values", "has no size") }
        guard defaultValue.map(values.contains) ?? true else { throw reader.failure("default", "is none of the values") }
    }
}
