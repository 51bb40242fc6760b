/// In which of fal's ways an endpoint is told the size. The wrong way is silently ignored by fal.
package enum SizeRule: Sendable, Hashable {
    /// `image_size`: a preset's name or `{"width", "height"}`.
    case imageSize(ImageSizeRule)
    /// `aspect_ratio` (or `resolution_mode`): one of a list of ratios.
    case aspectRatio(AspectRatioRule)
    /// `image_size`: one of a list of literal sizes.
    case literal(LiteralSizeRule)
    /// The endpoint has no say in it.
    case none
    /// Nothing is known of the endpoint.
    case unlisted
}

package struct ImageSizeRule: Sendable, Hashable {
    /// Names the endpoint takes, `auto` and `auto_2K` among them where it does.
    package let presets: [String]
    package let limits: PixelLimits
    /// What the model makes when no size is sent; `nil` when unknown.
    package let defaultSize: ImageSize?
    /// The model may round each edge by itself, to a multiple of this.
    package let roundsTo: Int
}

package struct AspectRatioRule: Sendable, Hashable {
    package let parameter: String
    package let ratios: [AspectRatio]
    /// Values that are no ratio: `auto`, `match_input`.
    package let words: [String]
    /// Takes any `W:H`, not only those of the list.
    package let takesAnyRatio: Bool
    package let defaultValue: String?
    package let resolution: ResolutionRule?
    /// The most pixels an image has; `nil` when unknown.
    package let largestPixels: Int?
}

/// The `resolution` parameter: how large an image of a given ratio becomes.
package struct ResolutionRule: Sendable, Hashable {
    package struct Tier: Sendable, Hashable {
        /// As fal writes it: `0.5K`, `1K`, `2K`, `4K`.
        package let name: String
        /// The nominal edge: 1K is 1024.
        package let edge: Int
    }

    package static let parameter = "resolution"

    /// Smallest first.
    package let tiers: [Tier]
    package let defaultTier: Tier

    /// The smallest tier that is enough for a size, and the largest where none is: a tier counts as
    /// enough from three quarters of the longer edge, since tiers cost money and
    /// 1280x720 is served well by 1K.
    package func tier(for size: PixelSize) -> Tier {
        let edge = max(size.width, size.height)
        return tiers.first { $0.edge * 4 >= edge * 3 } ?? tiers.last ?? defaultTier
    }
}

package struct LiteralSizeRule: Sendable, Hashable {
    package let parameter: String
    package let sizes: [PixelSize]
    /// Values that are no size: `auto`.
    package let words: [String]
    package let defaultValue: String?
}
