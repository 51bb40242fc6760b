import JSON

/// The input type of an endpoint, property by property, as pydantic writes it down for fal.
struct EndpointInput {
    private let model: EndpointModel
    private let schema: EndpointSchema
    let required: [String]

    init(model: EndpointModel, schema: EndpointSchema) {
        self.model = model
        self.schema = schema
        required = model.required.isEmpty ? ["prompt"] : model.required
    }

    var properties: JSONObject {
        var properties = JSONObject()
        if required.contains("prompt") || model.sizeStyle != .fixed {
            properties["prompt"] = [
                "title": "Prompt", "type": "string", "description": "The prompt to generate an image from.",
            ]
            if let limit = model.promptLimit { properties["prompt"] = Self.with(properties["prompt"], "maxLength", limit) }
        }
        for name in schema.images { properties[name] = picture(name) }
        addSize(to: &properties)
        if let maximum = model.maximumImages {
            properties["num_images"] = [
                "title": "Num Images", "type": "integer", "minimum": 1, "maximum": .integer(maximum), "default": 1,
                "description": "The number of images to generate.",
            ]
        }
        if !model.formats.isEmpty {
            properties[model.formatField] = [
                "title": "Output Format", "type": "string", "enum": Self.texts(model.formats),
                "default": .string(model.format.rawValue), "description": "The format of the generated image.",
            ]
        }
        if schema.hasSeed { properties["seed"] = seed }
        if model.hasSyncMode {
            properties["sync_mode"] = [
                "title": "Sync Mode", "type": "boolean", "default": false,
                "description":
                    "If `True`, the media will be returned as a data URI and the output data won't be available in the request history.",
            ]
        }
        for option in schema.options.members { properties[option.key] = option.value }
        return properties
    }

    /// Component types that options refer to.
    var namedTypes: [String] {
        let prefix = "#/components/schemas/"
        return schema.options.members.compactMap { option in
            let reference = option.value["$ref"] ?? option.value["items"]?["$ref"]
            return reference?.stringValue.map { String($0.dropFirst(prefix.count)) }
        }
    }

    // MARK: Size

    var takesSizeObjects: Bool { model.sizeStyle == .imageSize }

    /// Width and height of an `ImageSize`.
    var edges: JSONObject {
        var edges = JSONObject()
        for name in ["width", "height"] {
            var edge: JSONObject = [
                "title": .string(name.capitalizedFirst), "type": "integer", "default": 512,
                "maximum": .integer(model.bounds.edge.upperBound),
                "description": .string("The \(name) of the generated image."),
            ]
            if model.bounds.edge.lowerBound > 1 {
                edge["minimum"] = .integer(model.bounds.edge.lowerBound)
            } else {
                edge["exclusiveMinimum"] = 0
            }
            if model.bounds.multiple > 1 { edge["multipleOf"] = .integer(model.bounds.multiple) }
            edges[name] = .object(edge)
        }
        return edges
    }

    private func addSize(to properties: inout JSONObject) {
        let enumeration: JSONObject = ["type": "string", "enum": Self.texts(sizeValues)]
        var property: JSONObject = ["title": "Size"]
        switch model.sizeStyle {
        case .fixed, .any: return
        case .imageSize:
            property["anyOf"] = [["$ref": "#/components/schemas/ImageSize"], .object(enumeration)]
        case .aspectRatio where model.takesAnyRatio:
            property["anyOf"] = [.object(enumeration), ["type": "string"]]
        case .aspectRatio, .literal, .resolutionMode:
            for member in enumeration.members { property[member.key] = member.value }
        }
        property["description"] = .string(schema.sizeText ?? "The size of the generated image.")
        property["default"] = defaultSize
        let name =
            switch model.sizeStyle {
            case .aspectRatio: "aspect_ratio"
            case .resolutionMode: "resolution_mode"
            case .imageSize, .literal, .fixed, .any: "image_size"
            }
        properties[name] = .object(property)
        guard let resolution = schema.defaultResolution else { return }
        properties["resolution"] = [
            "title": "Resolution", "type": "string", "enum": Self.texts(model.resolutions), "default": .string(resolution),
        ]
    }

    private var sizeValues: [String] {
        model.sizeStyle == .imageSize ? PictureSize.presets.map(\.name) + model.sizes : model.sizes
    }

    /// A size in pixels that is no value of the list is written as the object it is.
    private var defaultSize: JSONValue? {
        guard let name = model.defaultSize, !sizeValues.contains(name) else { return model.defaultSize.map(JSONValue.string) }
        guard let size = PictureSize(named: name, edge: model.edge) else { return nil }
        return ["width": .integer(size.width), "height": .integer(size.height)]
    }

    // MARK: Further properties

    private func picture(_ name: String) -> JSONValue {
        guard name.hasSuffix("urls") else {
            return ["title": "Image Url", "type": "string", "description": "URL of the image.", "ui": ["field": "image"]]
        }
        return [
            "title": "Image Urls", "type": "array", "items": ["type": "string"], "description": "URLs of the images.",
        ]
    }

    private var seed: JSONValue {
        if let fixed = schema.fixedSeed { return ["title": "Seed", "type": "integer", "default": .integer(fixed)] }
        return [
            "title": "Seed", "anyOf": [["type": "integer"], ["type": "null"]],
            "description": "The same seed and the same prompt given to the same version of the model will output the same image.",
        ]
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    private static func with(_ value: JSONValue?, _ key: String, _ number: Int) -> JSONValue? {
        guard var object = value?.objectValue else { return value }
        object[key] = .integer(number)
        return .object(object)
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
