/// A size as a caller may ask for it: `1024x1024`, `16:9`, one of fal's presets, or `auto`.
package enum ImageSize: Sendable, Hashable, CustomStringConvertible {
    /// The model's own choice.
    case automatic
    case pixels(PixelSize)
    case ratio(AspectRatio)
    /// One of fal's names; always one of `presetNames`.
    case preset(String)

    /// Reads a size. Nothing is trimmed or guessed: `1024 x 1024`, `10x`, `0x0`, `99999x1` and
    /// `1.91:1` are not sizes.
    ///
    /// - Returns: `nil` when the text is none of the four forms.
    package init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else if Self.presetNames.contains(text) {
            self = .preset(text)
        } else if let size = PixelSize(text) {
            self = .pixels(size)
        } else if let ratio = AspectRatio(text) {
            self = .ratio(ratio)
        } else {
            return nil
        }
    }

    /// Every preset name that fal uses, in the order fal lists them.
    package static let presetNames = PixelSize.presets.map(\.name)

    package var description: String {
        switch self {
        case .automatic: "auto"
        case .pixels(let size): size.description
        case .ratio(let ratio): ratio.description
        case .preset(let name): name
        }
    }
}

/// Width and height in pixels, both from 1 to `maximumEdge`.
package struct PixelSize: Sendable, Hashable, CustomStringConvertible {
    package let width: Int
    package let height: Int

    /// fal's upper bound for an edge, in the schema of every `image_size` object.
    package static let maximumEdge = 14_142

    package init?(width: Int, height: Int) {
        guard (1...Self.maximumEdge).contains(width), (1...Self.maximumEdge).contains(height) else { return nil }
        self.init(checkedWidth: width, height: height)
    }

    /// `1024x768`. An upper case `X` is understood too.
    package init?(_ text: String) {
        guard let (width, height) = twoNumbers(in: text, between: [UInt8(ascii: "x"), UInt8(ascii: "X")]) else { return nil }
        self.init(width: width, height: height)
    }

    /// For sizes already known to be within bounds.
    init(checkedWidth width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package var pixelCount: Int { width * height }
    package var ratio: AspectRatio { AspectRatio(checkedWidth: width, height: height) }
    package var description: String { "\(width)x\(height)" }

    /// fal's presets and what they stand for. `auto_2K` and its kin let the model
    /// choose a ratio; their nominal size is the square of that edge.
    static let presets: [(name: String, size: PixelSize)] = [
        ("square_hd", PixelSize(checkedWidth: 1024, height: 1024)),
        ("square", PixelSize(checkedWidth: 512, height: 512)),
        ("portrait_4_3", PixelSize(checkedWidth: 768, height: 1024)),
        ("portrait_16_9", PixelSize(checkedWidth: 576, height: 1024)),
        ("landscape_4_3", PixelSize(checkedWidth: 1024, height: 768)),
        ("landscape_16_9", PixelSize(checkedWidth: 1024, height: 576)),
        ("auto_1K", PixelSize(checkedWidth: 1024, height: 1024)),
        ("auto_2K", PixelSize(checkedWidth: 2048, height: 2048)),
        ("auto_3K", PixelSize(checkedWidth: 3072, height: 3072)),
        ("auto_4K", PixelSize(checkedWidth: 4096, height: 4096)),
    ]

    /// What a preset stands for; `nil` for a name that is none.
    static func preset(_ name: String) -> PixelSize? {
        presets.first { $0.name == name }?.size
    }

    /// Whether a preset fixes only the number of pixels and leaves the ratio to the model.
    static func leavesRatioOpen(_ name: String) -> Bool { name.hasPrefix("auto") }
}

/// Reads `12<separator>34`: two positive decimal numbers without sign, blank or leading zero, of at
/// most five digits.
func twoNumbers(in text: String, between separators: [UInt8]) -> (Int, Int)? {
    let bytes = Array(text.utf8)
    guard let middle = bytes.firstIndex(where: { separators.contains($0) }) else { return nil }
    guard let first = shortNumber(bytes[..<middle]), let second = shortNumber(bytes[(middle + 1)...]) else { return nil }
    return (first, second)
}

private func shortNumber(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0") else { return nil }
    var value = 0
    for digit in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
}
