import JSON

/// What a size becomes on one endpoint.
struct SizeMapping: Equatable {
    /// What is sent, in this order.
    var fields: [(name: String, value: JSONValue)] = []
    /// The values of `fields` for a reader: `aspect_ratio 16:9, resolution 2K`.
    var told: String?
    var pixels: PixelBound
    /// The image will not have the shape that was asked for.
    var changesShape = false
    /// The endpoint has no way to be told.
    var isDropped = false

    static func == (left: SizeMapping, right: SizeMapping) -> Bool {
        left.told == right.told && left.pixels == right.pixels && left.changesShape == right.changesShape
            && left.isDropped == right.isDropped
            && left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Pixels of an image of which nothing is known: 4K, the most that any model makes unasked.
    static let largestUnknown = 3840 * 2160

    static func nothing(_ pixels: PixelBound) -> SizeMapping { SizeMapping(pixels: pixels) }

    /// `auto_4K` of a model that cannot be told how many pixels to make.
    static func notTaken(_ pixels: PixelBound) -> SizeMapping { SizeMapping(pixels: pixels, isDropped: true) }

    static func field(_ name: String, _ value: String, _ pixels: PixelBound) -> SizeMapping {
        SizeMapping(fields: [(name, .string(value))], told: "\(name) \(value)", pixels: pixels)
    }
}

extension SizeRule {
    /// - Parameter size: `nil` when nothing was asked for.
    /// - Returns: `nil` only where a size is asked for that cannot be fitted into the limits at all.
    func mapping(of size: ImageSize?) -> SizeMapping? {
        switch self {
        case .imageSize(let rule): rule.mapping(of: size)
        case .aspectRatio(let rule): rule.mapping(of: size)
        case .literal(let rule): rule.mapping(of: size)
        case .none:
            SizeMapping(
                pixels: .atMost(SizeMapping.largestUnknown), changesShape: size != nil && size != .automatic,
                isDropped: size != nil && size != .automatic)
        case .unlisted: Self.unlistedMapping(of: size)
        }
    }

    /// Without a profile: the two ways that most of fal's models understand.
    private static func unlistedMapping(of size: ImageSize?) -> SizeMapping {
        switch size {
        case nil, .automatic: .nothing(.atMost(SizeMapping.largestUnknown))
        case .pixels(let size): .imageSize(size, .exactly(size))
        case .preset(let name): .field("image_size", name, PixelBound.ofPreset(name))
        case .ratio(let ratio): .field("aspect_ratio", ratio.description, .atMost(SizeMapping.largestUnknown))
        }
    }
}

extension SizeMapping {
    static func imageSize(_ size: PixelSize, _ pixels: PixelBound) -> SizeMapping {
        SizeMapping(
            fields: [("image_size", ["width": .integer(size.width), "height": .integer(size.height)])],
            told: "image_size \(size)", pixels: pixels)
    }
}

extension PixelBound {
    static func ofPreset(_ name: String) -> PixelBound {
        guard let size = PixelSize.preset(name) else { return .atMost(SizeMapping.largestUnknown) }
        return PixelSize.leavesRatioOpen(name) ? .atMost(size.pixelCount) : .exactly(size)
    }
}
