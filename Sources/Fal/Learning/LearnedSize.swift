import JSON

/// How an endpoint is told the size, by the parameters its document lists.
struct LearnedSize {
    /// `size` of a profile row.
    private(set) var row: JSONValue = .null
    /// The parameters that the rule speaks for.
    private(set) var parameters: Set<String> = []
    private(set) var unknown: [String] = []
    private(set) var notes: [String] = []

    init(_ properties: [LearnedProperty]) {
        let named = { (name: String) in properties.first { $0.name == name } }
        if let size = named("image_size") ?? named("size"), readImageSize(size) { return }
        for name in ["aspect_ratio", "resolution_mode"] {
            guard let property = named(name) else { continue }
            if readRatios(property, resolution: named("resolution")) { return }
        }
        if named("width") != nil, named("height") != nil {
            unknown = ["size"]
            notes.append("takes width and height as parameters of their own: send those")
        }
    }

    private mutating func readImageSize(_ property: LearnedProperty) -> Bool {
        let values = property.listedValues ?? []
        if let edges = property.edges, property.name == "image_size" {
            readObject(property, values: values, edges: edges)
            return true
        }
        let sizes = values.filter { PixelSize($0) != nil }
        let words = values.filter { PixelSize($0) == nil }
        guard !sizes.isEmpty, words.allSatisfy({ $0 == "auto" }) else {
            guard !values.isEmpty else { return false }
            unknown.append("size")
            notes.append("\(property.name) takes only \(values.prefix(20).joined(separator: ", ")): send it as it is")
            return false
        }
        parameters = [property.name]
        row = [
            "by": "literal", "parameter": .string(property.name), "values": .array(values.map(JSONValue.string)),
            "default": property.defaultValue(among: values),
        ]
        if row["default"]?.isNull == true { unknown.append("size.default") }
        return true
    }

    private mutating func readObject(
        _ property: LearnedProperty, values: [String], edges: (width: JSONValue, height: JSONValue)
    ) {
        let presets = values.filter { $0 == "auto" || ImageSize.presetNames.contains($0) }
        let others = values.filter { !presets.contains($0) }
        if !others.isEmpty { notes.append("image_size also takes \(others.prefix(20).joined(separator: ", "))") }
        parameters = [property.name]
        var size: JSONObject = ["by": "image_size", "presets": .array(presets.map(JSONValue.string))]
        size["default"] = property.defaultValue(among: presets)
        if let width = property.defaultValue?["width"]?.intValue, let height = property.defaultValue?["height"]?.intValue,
            PixelSize(width: width, height: height) != nil
        {
            size["default"] = [.integer(width), .integer(height)]
        }
        if size["default"]?.isNull == true { unknown.append("size.default") }
        let limits = LearnedLimits(width: edges.width, height: edges.height, text: property.text)
        size["limits"] = limits.row
        if limits.mayBeIncomplete { unknown.append("size.limits") }
        row = .object(size)
    }

    private mutating func readRatios(_ property: LearnedProperty, resolution: LearnedProperty?) -> Bool {
        let values = property.listedValues ?? []
        guard values.contains(where: { AspectRatio($0) != nil }) else {
            unknown.append("size")
            notes.append("\(property.name) is not described by a list of ratios: send it as it is")
            return false
        }
        parameters = [property.name]
        var size: JSONObject = [
            "by": "aspect_ratio", "parameter": .string(property.name),
            "values": .array(values.map(JSONValue.string)), "default": property.defaultValue(among: values),
        ]
        if size["default"]?.isNull == true { unknown.append("size.default") }
        if property.isFree { size["any_ratio"] = true }
        if let resolution, let tiers = resolution.values, tiers.allSatisfy({ ResolutionRule.Tier(name: $0) != nil }),
            let standard = resolution.defaultValue?.stringValue, tiers.contains(standard)
        {
            parameters.insert(resolution.name)
            size["resolution"] = ["values": .array(tiers.map(JSONValue.string)), "default": .string(standard)]
        }
        row = .object(size)
        return true
    }
}
