import JSON

/// Reads the input of a model as fal's runner does, and collects everything that is wrong with it.
///
/// Unknown fields are ignored, as fal does: a size in the wrong style changes nothing.
struct ModelInput {
    let model: EndpointModel
    let body: JSONObject
    /// Entries of `detail`, in fal's form.
    private(set) var problems: [JSONValue] = []
    private(set) var images = 1
    private(set) var format: ImageFormat
    private(set) var size = PictureSize.square
    /// Those that were in the input; addresses are not among them.
    private(set) var pictures: [GivenPicture] = []

    init(_ body: JSONObject, for model: EndpointModel) {
        self.body = body
        self.model = model
        format = model.format
        readRequired()
        images = readCount()
        readFormat()
        for (field, values) in model.enums { _ = choice(field, of: values) }
        for (field, bounds) in model.ranges { readNumber(field, within: bounds) }
        size = readSize()
        pictures = readPictures()
    }

    var prompt: String { body["prompt"]?.stringValue ?? "" }
    var wantsDataURI: Bool { model.hasSyncMode && body["sync_mode"]?.boolValue == true }

    /// What is billed for `count` pictures of `size`.
    func units(for count: Int, of size: PictureSize) -> Units {
        var total = Units(count)
        if model.unit == .megapixels {
            let further = model.tariff.further.millionths * Int64(size.megapixels - 1)
            total = Units(millionths: Int64(count) * (Units(1).millionths + further))
        }
        for (field, value, weight) in model.weights {
            guard let given = body[field]?.stringValue, Self.fits(given, value) else { continue }
            total = Units(millionths: total.millionths / 1000 * (weight.millionths / 1000))
        }
        return total
    }

    /// What fal asks for one unit of pictures of `size`; nil when no price is known.
    func unitPrice(of size: PictureSize) -> UnitPrice? { model.tariff.price(of: size, in: body) ?? model.price }

    /// What fal asks for `count` pictures that are so many units, in billionths of a dollar.
    func amount(for count: Int, of size: PictureSize, units: Units) -> Int64 {
        guard let price = unitPrice(of: size) else { return 0 }
        return units == .zero ? 0 : model.tariff.amount(price.times(units), pictures: count, in: body)
    }

    mutating func complain(_ type: String, _ location: JSONValue..., message: String, context: JSONObject = [:]) {
        complain(type, location, message: message, context: context)
    }

    mutating func complain(_ type: String, _ location: [JSONValue], message: String, context: JSONObject) {
        problems.append(Failure.entry(type, at: ["body"] + location, message: message, context: context))
    }

    // MARK: Fields

    private mutating func readRequired() {
        for field in model.required {
            switch body[field] {
            case nil, .null: complain("missing", .string(field), message: "Field required")
            case .some(let value):
                let isList = field.hasSuffix("_urls")
                if field != "image_size", isList ? value.strings == nil : value.stringValue == nil {
                    let type = isList ? "list_type" : "string_type"
                    complain(type, .string(field), message: "Input should be a valid \(isList ? "list" : "string")")
                }
            }
        }
        if let limit = model.promptLimit, prompt.unicodeScalars.count > limit {
            complain(
                "string_too_long", "prompt", message: "String should have at most \(limit) characters",
                context: ["max_length": .integer(limit)])
        }
    }

    private mutating func readCount() -> Int {
        guard let maximum = model.maximumImages, let value = body["num_images"], !value.isNull else { return 1 }
        guard let number = value.doubleValue ?? value.stringValue.flatMap(Double.init) else {
            complain("int_type", "num_images", message: "Input should be a valid integer")
            return 1
        }
        guard number.rounded() == number else {
            complain(
                "int_from_float", "num_images",
                message: "Input should be a valid integer, got a number with a fractional part")
            return 1
        }
        return within("num_images", number, 1...Double(maximum)) ? Int(number) : 1
    }

    private mutating func readFormat() {
        guard !model.formats.isEmpty, let name = choice(model.formatField, of: model.formats) else {
            if body["style"]?.stringValue?.hasPrefix("vector_illustration") == true { format = .svg }
            return
        }
        format = ImageFormat(rawValue: name) ?? model.format
    }

    private mutating func readNumber(_ field: String, within bounds: ClosedRange<Double>) {
        guard let value = body[field], !value.isNull else { return }
        guard let number = value.doubleValue else {
            return complain("float_type", .string(field), message: "Input should be a valid number")
        }
        _ = within(field, number, bounds)
    }

    /// - Returns: the field's value if it is there and one of these.
    mutating func choice(_ field: String, of values: [String]) -> String? {
        guard let value = body[field], !value.isNull else { return nil }
        if let text = value.stringValue, values.contains(text) { return text }
        complainOfChoice(field, values)
        return nil
    }

    mutating func complainOfChoice(_ field: String, _ values: [String]) {
        let quoted = values.map { "'\($0)'" }
        let expected = [quoted.dropLast().joined(separator: ", "), quoted.last ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " or ")
        complain(
            "literal_error", .string(field), message: "Input should be \(expected)",
            context: ["expected": .string(expected)])
    }

    /// Complains of a number out of bounds, at `field` or at its member `inner`.
    mutating func within(
        _ field: String, _ number: Double, _ bounds: ClosedRange<Double>, _ inner: String? = nil
    ) -> Bool {
        let (type, key, limit, words): (String, String, Double, String)
        if number < bounds.lowerBound {
            (type, key, limit, words) = ("greater_than_equal", "ge", bounds.lowerBound, "greater")
        } else if number > bounds.upperBound {
            (type, key, limit, words) = ("less_than_equal", "le", bounds.upperBound, "less")
        } else {
            return true
        }
        let bound = Int(limit)
        let location: [JSONValue] = ["body", .string(field)] + (inner.map { [.string($0)] } ?? [])
        problems.append(
            Failure.entry(
                type, at: location, message: "Input should be \(words) than or equal to \(bound)",
                context: [key: .integer(bound)]))
        return false
    }

    private static func fits(_ given: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? given.hasPrefix(pattern.dropLast()) : given == pattern
    }
}
