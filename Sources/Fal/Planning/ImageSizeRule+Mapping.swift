extension ImageSizeRule {
    func mapping(of size: ImageSize?) -> SizeMapping? {
        switch size {
        case nil: .nothing(unsaid)
        case .automatic: presets.contains("auto") ? .field(parameter, "auto", open) : .nothing(unsaid)
        case .preset(let name): mapping(ofPreset: name)
        case .pixels(let size): mapping(of: size)
        case .ratio(let ratio): mapping(of: ratio)
        }
    }

    private var parameter: String { "image_size" }

    /// What an image can have when no size is sent.
    var unsaid: PixelBound {
        switch defaultSize {
        case .preset(let name): pixels(ofPreset: name)
        case .pixels(let size): pixels(of: size)
        case .automatic, .ratio, nil: open
        }
    }

    /// The model chooses freely.
    private var open: PixelBound { .atMost(limits.pixels?.upperBound ?? SizeMapping.largestUnknown) }

    private func mapping(ofPreset name: String) -> SizeMapping? {
        if presets.contains(name) { return .field(parameter, name, pixels(ofPreset: name)) }
        // fal's names mean the same everywhere, so a preset of another model is a size like any other.
        // Those that leave the shape open cannot be carried over.
        guard let size = PixelSize.preset(name), !PixelSize.leavesRatioOpen(name) else { return .notTaken(unsaid) }
        return mapping(of: size)
    }

    private func mapping(of size: PixelSize) -> SizeMapping? {
        if let name = presets.first(where: { fixedSize(ofPreset: $0) == size }) {
            return .field(parameter, name, pixels(ofPreset: name))
        }
        guard let fitted = limits.fitted(size) else { return nil }
        var mapping = SizeMapping.imageSize(fitted, pixels(of: fitted))
        mapping.changesShape = !keepsShape(fitted, of: size.ratio)
        return mapping
    }

    /// A preset of that shape, the largest; else a size of it with about as many pixels as the model
    /// makes by itself.
    private func mapping(of ratio: AspectRatio) -> SizeMapping? {
        let shaped = presets.filter { fixedSize(ofPreset: $0)?.ratio.hasSameShape(as: ratio) ?? false }
        if let name = shaped.max(by: { pixels(ofPreset: $0).largest < pixels(ofPreset: $1).largest }) {
            return .field(parameter, name, pixels(ofPreset: name))
        }
        guard let size = size(shaped: ratio), let fitted = limits.fitted(size) else { return nil }
        var mapping = SizeMapping.imageSize(fitted, pixels(of: fitted))
        mapping.changesShape = !keepsShape(fitted, of: ratio)
        return mapping
    }

    private func fixedSize(ofPreset name: String) -> PixelSize? {
        PixelSize.leavesRatioOpen(name) ? nil : PixelSize.preset(name)
    }

    /// Edges in multiples of 16, which every latent model takes, and no more pixels than the usual
    /// size has: one megapixel must not become two by rounding.
    private func size(shaped ratio: AspectRatio) -> PixelSize? {
        let area = Double(usualArea)
        var sizes: [PixelSize] = []
        for width in Self.edges(around: (area * ratio.value).squareRoot()) {
            for height in Self.edges(around: (area / ratio.value).squareRoot()) where width * height <= usualArea {
                sizes.append(PixelSize(checkedWidth: width, height: height))
            }
        }
        return sizes.nearest { $0.ratio.distance(to: ratio) }
    }

    private static let grid = 16

    private static func edges(around edge: Double) -> [Int] {
        let below = Int(min(edge, Double(PixelSize.maximumEdge))) / grid * grid
        return [below, below + grid].map { min(max($0, grid), PixelSize.maximumEdge / grid * grid) }
    }

    private var usualArea: Int {
        switch defaultSize {
        case .pixels(let size): size.pixelCount
        case .preset(let name) where PixelSize.leavesRatioOpen(name): pixels(ofPreset: name).largest
        default: 1024 * 1024
        }
    }

    /// Rounding to a multiple is no change of shape that anybody sees: 2 % is 16 pixels in 800.
    private func keepsShape(_ size: PixelSize, of ratio: AspectRatio) -> Bool {
        size.ratio.distance(to: ratio) <= 0.02
    }

    /// A size as sent, or what the model may round it to.
    private func pixels(of size: PixelSize) -> PixelBound {
        guard roundsTo > 1 else { return .exactly(size) }
        let up = { (edge: Int) in (edge + roundsTo - 1) / roundsTo * roundsTo }
        return up(size.width) == size.width && up(size.height) == size.height
            ? .exactly(size) : .atMost(up(size.width) * up(size.height))
    }

    /// A model with a larger minimum than the preset's nominal size makes it larger.
    private func pixels(ofPreset name: String) -> PixelBound {
        let bound = PixelBound.ofPreset(name)
        if case .exactly(let size) = bound, let pixels = limits.pixels, size.pixelCount < pixels.lowerBound {
            return .atMost(pixels.lowerBound)
        }
        return name == "auto" ? open : bound
    }
}
