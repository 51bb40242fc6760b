import JSON

/// Width and height of a picture, and how fal's models are told them.
struct PictureSize: Sendable, Equatable {
    var width: Int
    var height: Int

    static let square = PictureSize(width: 1024, height: 1024)

    static let presets: [(name: String, size: PictureSize)] = [
        ("square_hd", PictureSize(width: 1024, height: 1024)),
        ("square", PictureSize(width: 512, height: 512)),
        ("portrait_4_3", PictureSize(width: 768, height: 1024)),
        ("portrait_16_9", PictureSize(width: 576, height: 1024)),
        ("landscape_4_3", PictureSize(width: 1024, height: 768)),
        ("landscape_16_9", PictureSize(width: 1024, height: 576)),
    ]

    /// A preset, `WxH`, `W:H` with the area of `edge` squared, or a name that leaves it to the model.
    init?(named name: String, edge: Int) {
        if let preset = Self.presets.first(where: { $0.name == name }) {
            self = preset.size
        } else if let (width, height) = Self.pair(name, separator: "x") {
            self.init(width: width, height: height)
        } else if let (width, height) = Self.pair(name, separator: ":") {
            self.init(ratio: Double(width) / Double(height), edge: edge)
        } else if name.hasPrefix("auto_"), let edge = Self.edge(ofTier: String(name.dropFirst(5))) {
            self.init(width: edge, height: edge)
        } else if name == "auto" || name == "match_input" {
            self.init(width: edge, height: edge)
        } else {
            return nil
        }
    }

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Both edges are multiples of 8, as diffusion models make them.
    init(ratio: Double, edge: Int) {
        func rounded(_ value: Double) -> Int { max(8, Int((value / 8).rounded()) * 8) }
        self.init(width: rounded(Double(edge) * ratio.squareRoot()), height: rounded(Double(edge) / ratio.squareRoot()))
    }

    /// Rounded up for each picture. What fal takes for a megapixel is not documented: 2^20 pixels.
    var megapixels: Int { (width * height + 1_048_575) / 1_048_576 }

    /// `0.5K`, `1K`, `2K`, `4K`.
    static func edge(ofTier tier: String) -> Int? {
        guard tier.hasSuffix("K"), let thousands = Double(tier.dropLast()), (0.1...8).contains(thousands) else {
            return nil
        }
        return Int(thousands * 1024)
    }

    /// Two whole numbers of one to five digits that are not zero.
    private static func pair(_ text: String, separator: Character) -> (Int, Int)? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 2, let one = Int(parts[0]), let other = Int(parts[1]),
            (1...99_999).contains(one), (1...99_999).contains(other)
        else { return nil }
        return (one, other)
    }
}
