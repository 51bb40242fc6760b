import Glibc

/// Which exact sizes a model takes.
package struct PixelLimits: Sendable, Hashable {
    /// Bounds of each edge.
    package var edge: ClosedRange<Int> = 1...PixelSize.maximumEdge
    /// Bounds of width times height; `nil` when the model names none.
    package var pixels: ClosedRange<Int>?
    /// Both edges must be a multiple of this.
    package var multiple = 1
    /// The longer edge over the shorter one is at most this; `nil` when the model names no bound.
    package var ratio: Int?

    /// fal's own bounds, where a model has no narrower ones.
    package static let unbounded = PixelLimits()

    package init(
        edge: ClosedRange<Int> = 1...PixelSize.maximumEdge,
        pixels: ClosedRange<Int>? = nil,
        multiple: Int = 1,
        ratio: Int? = nil
    ) {
        self.edge = edge
        self.pixels = pixels
        self.multiple = multiple
        self.ratio = ratio
    }

    package func allow(_ size: PixelSize) -> Bool {
        guard edge.contains(size.width), edge.contains(size.height) else { return false }
        guard size.width % multiple == 0, size.height % multiple == 0 else { return false }
        if let pixels, !pixels.contains(size.pixelCount) { return false }
        if let ratio, max(size.width, size.height) > ratio * min(size.width, size.height) { return false }
        return true
    }

    /// The allowed size nearest to `size`: the size itself when it is allowed, else scaled as little
    /// as possible with its shape kept as far as the limits let it, then rounded to the multiple.
    ///
    /// - Returns: `nil` only when the limits contradict one another and allow nothing near.
    package func fitted(_ size: PixelSize) -> PixelSize? {
        if allow(size) { return size }
        let (width, height) = scaled(Double(size.width), Double(size.height))
        return candidates(width).flatMap { width in candidates(height).map { (width, $0) } }
            .compactMap { PixelSize(width: $0.0, height: $0.1) }
            .filter(allow)
            .nearest { abs(log(Double($0.width) / width)) + abs(log(Double($0.height) / height)) }
    }

    /// Brings shape, pixel count and edges within bounds, in real numbers.
    private func scaled(_ width: Double, _ height: Double) -> (Double, Double) {
        var (width, height) = (width, height)
        if max(width, height) > longestShape * min(width, height) {
            let short = (width * height / longestShape).squareRoot()
            (width, height) = width > height ? (short * longestShape, short) : (short, short * longestShape)
        }
        var smallest = Double(edge.lowerBound) / min(width, height)
        var largest = Double(edge.upperBound) / max(width, height)
        if let pixels {
            smallest = max(smallest, (Double(pixels.lowerBound) / (width * height)).squareRoot())
            largest = min(largest, (Double(pixels.upperBound) / (width * height)).squareRoot())
        }
        let scale = max(smallest, min(largest, 1))
        return (width * scale, height * scale)
    }

    /// The longest shape, as longer edge over shorter one, that has a size within all bounds: the
    /// edges and the pixel count bound it even where no ratio is named.
    private var longestShape: Double {
        let (least, most) = (Double(edge.lowerBound), Double(edge.upperBound))
        var longest = min(most / least, ratio.map(Double.init) ?? .infinity)
        if let pixels {
            longest = min(longest, most * most / Double(pixels.lowerBound), Double(pixels.upperBound) / (least * least))
        }
        return max(longest, 1)
    }

    /// Multiples around a real edge. Three on each side suffice for the rounding of one edge to be
    /// made good by the other.
    private func candidates(_ edge: Double) -> [Int] {
        let below = Int(edge) / multiple
        return (below - 3...below + 4).map { $0 * multiple }
    }
}
