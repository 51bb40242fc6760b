/// The `size` of an image request: OpenAI's pixels, a ratio, a fal preset, or no wish.
///
/// The text stays as it was sent, for echoing it and for endpoints whose own words it uses.
package enum RequestedSize: Sendable, Hashable {
    /// `auto`: the endpoint chooses.
    case auto
    /// `1792x1024`
    case pixels(width: Int, height: Int, text: String)
    /// `16:9`
    case ratio(width: Int, height: Int, text: String)
    /// `landscape_16_9`
    case preset(Preset)

    /// fal's names for sizes, the values of `image_size`.
    package enum Preset: String, Sendable, Hashable, CaseIterable {
        case squareHD = "square_hd"
        case square
        case portrait4x3 = "portrait_4_3"
        case portrait16x9 = "portrait_16_9"
        case landscape4x3 = "landscape_4_3"
        case landscape16x9 = "landscape_16_9"
        /// The model's choice of shape, at a resolution.
        case auto1K = "auto_1K"
        case auto2K = "auto_2K"
        case auto3K = "auto_3K"
        case auto4K = "auto_4K"
    }

    /// Pixels of an edge: 14142 is the largest width and height in fal's `ImageSize` schema. The
    /// numbers of a ratio keep to the same bounds.
    package static let edges = 1...14_142

    /// What a message to the caller says `size` may be.
    package static let allowed =
        "WIDTHxHEIGHT with edges from \(edges.lowerBound) to \(edges.upperBound) such as 1024x1024, "
        + "a ratio such as 16:9, one of \(Preset.allCases.map(\.rawValue).joined(separator: ", ")), or auto"

    /// - Returns: `nil` when the text is none of the four.
    package init?(_ text: String) {
        if text == "auto" {
            self = .auto
        } else if let preset = Preset(rawValue: text) {
            self = .preset(preset)
        } else if let (width, height) = Self.pair(text, separator: UInt8(ascii: "x")) {
            self = .pixels(width: width, height: height, text: text)
        } else if let (width, height) = Self.pair(text, separator: UInt8(ascii: ":")) {
            self = .ratio(width: width, height: height, text: text)
        } else {
            return nil
        }
    }

    /// As it was sent.
    package var text: String {
        switch self {
        case .auto: "auto"
        case .pixels(_, _, let text), .ratio(_, _, let text): text
        case .preset(let preset): preset.rawValue
        }
    }

    private static func pair(_ text: String, separator: UInt8) -> (Int, Int)? {
        guard let middle = text.utf8.firstIndex(of: separator),
            let first = edge(text.utf8[..<middle]),
            let second = edge(text.utf8[text.utf8.index(after: middle)...])
        else { return nil }
        return (first, second)
    }

    /// Digits only: no sign, no blank, no leading zero.
    private static func edge(_ digits: Substring.UTF8View) -> Int? {
        guard digits.count <= 5, digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(digit &- UInt8(ascii: "0"))
        }
        return edges.contains(value) ? value : nil
    }
}
