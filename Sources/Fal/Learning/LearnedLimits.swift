import JSON

/// Which exact sizes a model takes, by the bounds of width and height and by fal's words.
///
/// Bounds on the number of pixels and on the ratio have no place in a schema: fal writes them into
/// the description, in a few fixed phrases. Those are read; a description that speaks of limits in
/// other words leaves them unknown.
struct LearnedLimits {
    private var edge = 1...PixelSize.maximumEdge
    private var pixels: ClosedRange<Int>?
    private var multiple = 1
    private var ratio: Int?
    /// fal's words say more than was understood.
    private(set) var mayBeIncomplete = false

    init(width: JSONValue, height: JSONValue, text: String) {
        let bounds = [Self.bounds(width), Self.bounds(height)]
        let (low, high) = (bounds.map(\.low).max() ?? 1, bounds.map(\.high).min() ?? PixelSize.maximumEdge)
        if low <= high { edge = low...high }
        if let step = width["multipleOf"]?.intValue, step == height["multipleOf"]?.intValue, step > 0, step <= high {
            multiple = step
        }
        read(LimitPhrases(text))
    }

    private static func bounds(_ edge: JSONValue) -> (low: Int, high: Int) {
        var low = edge["minimum"]?.intValue ?? 1
        var high = edge["maximum"]?.intValue ?? PixelSize.maximumEdge
        // A number in newer documents, a flag beside `minimum` in older ones.
        if let above = edge["exclusiveMinimum"]?.intValue, above < PixelSize.maximumEdge { low = max(low, above + 1) }
        if edge["exclusiveMinimum"]?.boolValue == true, low < PixelSize.maximumEdge { low += 1 }
        if let below = edge["exclusiveMaximum"]?.intValue, below > 1 { high = min(high, below - 1) }
        return (min(max(1, low), PixelSize.maximumEdge), min(max(1, high), PixelSize.maximumEdge))
    }

    private mutating func read(_ phrases: LimitPhrases) {
        if let said = phrases.edges, said.upperBound <= PixelSize.maximumEdge, said.overlaps(edge) {
            edge = said.clamped(to: edge)
        }
        if let most = phrases.largestEdge, edge.contains(most) { edge = edge.lowerBound...most }
        pixels = phrases.pixels
        ratio = phrases.ratio
        if multiple == 1, let step = phrases.multiple, step <= edge.upperBound { multiple = step }
        mayBeIncomplete = phrases.speaksOfLimits && pixels == nil && ratio == nil && phrases.edges == nil
    }

    /// `limits` of a profile row; `nil` when there are none beyond fal's own.
    var row: JSONValue? {
        var row = JSONObject()
        if edge != PixelLimits.unbounded.edge { row["edge"] = [.integer(edge.lowerBound), .integer(edge.upperBound)] }
        if let pixels { row["pixels"] = [.integer(pixels.lowerBound), .integer(pixels.upperBound)] }
        if multiple > 1 { row["multiple"] = .integer(multiple) }
        if let ratio { row["ratio"] = .integer(ratio) }
        return row.isEmpty ? nil : .object(row)
    }
}
