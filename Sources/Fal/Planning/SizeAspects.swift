import JSON

/// Which parts of an image's size something decides: a default gives way to what the caller has said of the same part
/// only. `16:9` is as good with the operator's `resolution: 2K` as without it.
struct SizeAspects: OptionSet {
    let rawValue: Int

    static let shape = SizeAspects(rawValue: 1)
    static let resolution = SizeAspects(rawValue: 2)
    static let all: SizeAspects = [.shape, .resolution]

    /// Names by which fal's models are told how large an image becomes.
    static let parameters = ["image_size", "aspect_ratio", "resolution_mode", ResolutionRule.parameter]

    init(rawValue: Int) { self.rawValue = rawValue }

    init(_ size: ImageSize) {
        self =
            switch size {
            case .automatic: []
            case .pixels: .all
            case .ratio: .shape
            case .preset(let name): PixelSize.leavesRatioOpen(name) ? .resolution : .all
            }
    }

    /// - Parameter name: `size`, or a parameter of fal's.
    /// - Returns: `nil` for a parameter that says nothing of the size. A value that is not understood may decide
    ///   everything.
    init?(of name: String, _ value: JSONValue) {
        switch name {
        case ResolutionRule.parameter: self = .resolution
        case "aspect_ratio", "resolution_mode": self = .shape
        case "size", "image_size": self = ImageSize(parameter: value).map(SizeAspects.init) ?? .all
        default: return nil
        }
    }
}
