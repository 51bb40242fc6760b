import JSON

/// The size of a picture, in each of the ways in which fal's models are told it.
extension ModelInput {
    mutating func readSize() -> PictureSize {
        let edge = tierEdge() ?? model.edge
        let usual =
            model.defaultSize.flatMap { PictureSize(named: $0, edge: edge) } ?? PictureSize(width: edge, height: edge)
        switch model.sizeStyle {
        case .fixed: return usual
        case .aspectRatio: return named("aspect_ratio", edge) ?? usual
        case .resolutionMode: return named("resolution_mode", edge) ?? usual
        case .literal: return named("image_size", edge) ?? usual
        case .imageSize: return imageSize(edge) ?? usual
        case .any:
            let ratio = body["aspect_ratio"]?.stringValue.flatMap { PictureSize(named: $0, edge: edge) }
            return imageSize(edge) ?? ratio ?? usual
        }
    }

    private mutating func tierEdge() -> Int? {
        guard !model.resolutions.isEmpty else { return nil }
        return choice("resolution", of: model.resolutions).flatMap(PictureSize.edge(ofTier:))
    }

    private mutating func named(_ field: String, _ edge: Int) -> PictureSize? {
        guard let value = body[field], !value.isNull else { return nil }
        if let name = value.stringValue, model.sizes.contains(name) || (model.takesAnyRatio && name.contains(":")),
            let size = PictureSize(named: name, edge: edge)
        {
            return size
        }
        complainOfChoice(field, model.sizes)
        return nil
    }

    private mutating func imageSize(_ edge: Int) -> PictureSize? {
        guard let value = body["image_size"], !value.isNull else { return nil }
        if let object = value.objectValue { return dimensions(object) }
        let names = PictureSize.presets.map(\.name) + model.sizes
        if let name = value.stringValue, names.contains(name) || model.sizeStyle == .any,
            let size = PictureSize(named: name, edge: edge)
        {
            return size
        }
        complainOfChoice("image_size", names)
        return nil
    }

    private mutating func dimensions(_ object: JSONObject) -> PictureSize? {
        let before = problems.count
        var edges: [Int] = []
        for edge in ["width", "height"] {
            guard let value = object[edge], !value.isNull else {
                edges.append(512)
                continue
            }
            guard let number = value.intValue else {
                complain("int_type", "image_size", .string(edge), message: "Input should be a valid integer")
                continue
            }
            let bounds = Double(model.bounds.edge.lowerBound)...Double(model.bounds.edge.upperBound)
            if number <= 0 {
                complain(
                    "greater_than", "image_size", .string(edge), message: "Input should be greater than 0",
                    context: ["gt": 0])
            } else if within("image_size", Double(number), bounds, edge), number % model.bounds.multiple != 0 {
                complain(
                    "multiple_of", "image_size", .string(edge),
                    message: "Input should be a multiple of \(model.bounds.multiple)",
                    context: ["multiple_of": .integer(model.bounds.multiple)])
            }
            edges.append(number)
        }
        guard problems.count == before, edges.count == 2 else { return nil }
        return area(PictureSize(width: edges[0], height: edges[1]))
    }

    private mutating func area(_ size: PictureSize) -> PictureSize? {
        let pixels = size.width * size.height
        let (least, most) = (model.bounds.pixels.lowerBound, model.bounds.pixels.upperBound)
        if pixels < least || pixels > most {
            complain(
                "value_error", "image_size",
                message: "Value error, total pixels must be between \(least) and \(most)")
            return nil
        }
        if let ratio = model.bounds.ratio, max(size.width, size.height) > ratio * min(size.width, size.height) {
            complain("value_error", "image_size", message: "Value error, aspect ratio must be at most \(ratio):1")
            return nil
        }
        return size
    }
}
