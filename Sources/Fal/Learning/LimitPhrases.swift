/// The phrases in which fal's descriptions bound a size:
///
///     Width and height must be between 512 and 2048.
///     Total pixels must be between 960x960 and 4096x4096.
///     total number of pixels must be between 2560*1440 and 4096*4096.
///     with aspect ratio between 1/16 and 16.
///     multiples of 16, max edge 3840px, aspect ratio <= 3:1, total pixels between 655,360 and 8,294,400
struct LimitPhrases {
    private(set) var edges: ClosedRange<Int>?
    private(set) var pixels: ClosedRange<Int>?
    private(set) var multiple: Int?
    private(set) var largestEdge: Int?
    private(set) var ratio: Int?
    let speaksOfLimits: Bool

    /// A description is a sentence or two; what stands behind this is not about the size.
    private static let longest = 2_000

    init(_ text: String) {
        let words = text.prefix(Self.longest).lowercased().split { $0 == " " || $0 == "\n" }
        speaksOfLimits = words.contains("between") || words.contains("multiples") || words.contains("multiple")
        for (index, word) in words.enumerated() {
            let before = words[..<index].suffix(6)
            let after = words[(index + 1)...]
            switch word {
            case "between":
                guard after.count >= 3, after[after.startIndex + 1] == "and" else { continue }
                let end = after[after.startIndex + 2]
                if before.last == "ratio" { ratio = Self.quantity(end) }
                guard let low = Self.quantity(after[after.startIndex]), let high = Self.quantity(end), low <= high
                else { continue }
                if before.contains("pixels") {
                    pixels = low...high
                } else if before.contains("height"), !end.hasSuffix(",") {
                    // Followed by a comma it is one of two ways to be right, and the other is wider.
                    edges = low...high
                }
            case "multiples": multiple = after.dropFirst().first.flatMap(Self.quantity)
            case "edge" where before.last == "max": largestEdge = after.first.flatMap(Self.quantity)
            case "<=" where before.last == "ratio":
                let sides = after.first?.split(separator: ":").map { Self.quantity($0) }
                if let sides, sides.count == 2, let long = sides[0], sides[1] == 1 { ratio = long }
            default: continue
            }
        }
    }

    /// `512`, `655,360`, `3840px`, `960x960`, `2560*1440`, with a point or comma behind it.
    private static func quantity(_ word: Substring) -> Int? {
        let text = word.filter { $0 != "," && $0 != "." }
        let factors = (text.hasSuffix("px") ? text.dropLast(2) : text[...]).split { $0 == "x" || $0 == "*" }.map { Int($0) }
        guard (1...2).contains(factors.count), factors.allSatisfy({ $0.map((1...1_000_000_000).contains) ?? false })
        else { return nil }
        return factors.compactMap { $0 }.reduce(1, *)
    }
}
