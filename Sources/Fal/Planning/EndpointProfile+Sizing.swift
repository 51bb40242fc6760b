import JSON

extension EndpointProfile {
    struct Sizing {
        var mapping: SizeMapping
        var note: String?
    }

    /// What is sent about the size, and what is known of the pixels then.
    func sizing(of wanted: ImageParameters, policy: SizePolicy) throws(PlanRefusal) -> Sizing {
        if let explicit = explicitMapping(wanted.extra) {
            guard let tier = tierMapping(wanted) else { return Sizing(mapping: explicit, note: nil) }
            return Sizing(mapping: tier, note: tier.told.flatMap { told in wanted.size.map { "\($0) -> \(told)" } })
        }
        let asked = request(in: wanted)
        guard var mapping = mapping(of: asked.size) else {
            throw .size(asked: asked.size ?? .automatic, possible: size.summary)
        }
        if policy == .exact, let size = asked.size, mapping.changesShape {
            throw .size(asked: size, possible: self.size.summary)
        }
        if let bound = boundByResolution(wanted.extra) {
            mapping.pixels = bound
            mapping.told = mapping.fields.first { $0.name != ResolutionRule.parameter }
                .map { "\($0.name) \($0.value.stringValue ?? $0.value.description)" }
        }
        let size = asked.size ?? .automatic
        guard size != .automatic || mapping.told != nil else { return Sizing(mapping: mapping, note: nil) }
        let become = mapping.told ?? (mapping.isDropped ? "not taken by this model" : "the model's own")
        return Sizing(mapping: mapping, note: "\(asked.label)\(size) -> \(become)")
    }

    /// What a size becomes here. An endpoint that refuses to choose by itself gets fal's square.
    func mapping(of wanted: ImageSize?) -> SizeMapping? {
        guard let mapping = size.mapping(of: wanted) else { return nil }
        guard mapping.fields.isEmpty, size.parameters.contains(where: required.contains) else { return mapping }
        return size.mapping(of: .preset("square_hd"))
    }

    /// fal's own parameter of this endpoint, which is sent as it is.
    private func explicitMapping(_ extra: JSONObject) -> SizeMapping? {
        for name in size.parameters {
            guard let value = extra[name], !value.isNull else { continue }
            let most = size.mapping(of: nil)?.pixels.largest ?? SizeMapping.largestUnknown
            guard let size = ImageSize(parameter: value), let mapping = self.size.mapping(of: size) else {
                return .nothing(.atMost(max(most, SizeMapping.largestUnknown)))
            }
            if let bound = boundByResolution(extra) { return .nothing(bound) }
            // Beyond the limits fal may refuse or adjust: whichever is larger is safe.
            guard case .pixels(let exact) = size, mapping.pixels != .exactly(exact) else { return .nothing(mapping.pixels) }
            return .nothing(.atMost(max(exact.pixelCount, mapping.pixels.largest)))
        }
        return nil
    }

    /// `auto_2K` beside a ratio of fal's own: it names no shape, so both are meant.
    private func tierMapping(_ wanted: ImageParameters) -> SizeMapping? {
        guard case .preset(let name)? = wanted.size, PixelSize.leavesRatioOpen(name),
            case .aspectRatio(let rule) = size, rule.resolution != nil,
            wanted.extra[ResolutionRule.parameter]?.isNull ?? true
        else { return nil }
        return rule.mapping(of: wanted.size)
    }

    /// What the size is to be: the caller's `size`, or fal's parameter for it of other endpoints.
    private func request(in wanted: ImageParameters) -> (size: ImageSize?, label: String) {
        for name in ["image_size", "aspect_ratio"] where !size.parameters.contains(name) {
            if let size = wanted.extra[name].flatMap({ ImageSize(parameter: $0) }) { return (size, "\(name) ") }
        }
        return (wanted.size, "")
    }

    private func boundByResolution(_ extra: JSONObject) -> PixelBound? {
        guard case .aspectRatio(let rule) = size, let resolution = rule.resolution,
            let value = extra[ResolutionRule.parameter], !value.isNull
        else { return nil }
        let tier = resolution.tiers.first { $0.name == value.stringValue }
        return rule.pixels(of: tier ?? resolution.tiers.last)
    }
}

extension ImageSize {
    /// The value of one of fal's size parameters: a text or `{"width", "height"}`.
    init?(parameter value: JSONValue) {
        if let text = value.stringValue {
            self.init(text)
        } else if let width = value["width"]?.intValue, let height = value["height"]?.intValue,
            let size = PixelSize(width: width, height: height)
        {
            self = .pixels(size)
        } else {
            return nil
        }
    }
}

extension SizeRule {
    /// The parameters of fal's that tell this endpoint a size.
    var parameters: [String] {
        switch self {
        case .imageSize: ["image_size"]
        case .aspectRatio(let rule): [rule.parameter]
        case .literal(let rule): [rule.parameter]
        case .none: []
        case .unlisted: ["image_size", "aspect_ratio"]
        }
    }

    /// What can be asked for, in words for a caller.
    package var summary: String {
        switch self {
        case .imageSize(let rule): rule.limits.summary + " or " + rule.presets.joined(separator: ", ")
        case .aspectRatio(let rule): (rule.ratios.map(\.description) + rule.words).joined(separator: ", ")
        case .literal(let rule): (rule.sizes.map(\.description) + rule.words).joined(separator: ", ")
        case .none: "this model takes no size"
        case .unlisted: "WIDTHxHEIGHT, W:H or a preset of fal's"
        }
    }
}

extension PixelLimits {
    fileprivate var summary: String {
        var text = "WIDTHxHEIGHT with edges of \(edge.lowerBound) to \(edge.upperBound)"
        if multiple > 1 { text += " in multiples of \(multiple)" }
        if let pixels { text += ", \(pixels.lowerBound) to \(pixels.upperBound) pixels" }
        if let ratio { text += ", no longer than \(ratio):1" }
        return text
    }
}
