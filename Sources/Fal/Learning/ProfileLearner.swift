package import JSON

/// Makes a row of the profile table of the OpenAPI document that fal publishes for an endpoint.
///
/// Pure: the document in, the row out, whatever the document is. What it does not say is left
/// out where that does no harm, set low where it might, and named in the row's `unknown`.
package struct ProfileLearner {
    /// Parameters of one endpoint. fal's have thirty at most.
    private static let mostParameters = 200
    /// The maximum of `num_images` where the document names none, as in falgate's own table.
    private static let carefulMaximum = 4
    private static let imageInputs: Set<String> = [
        "image_url", "image_urls", "input_image_url", "input_image_urls", "mask_url", "mask_image_url",
    ]
    /// Not every endpoint has a parameter of this kind, and it is not called the same everywhere.
    private static let formatParameters = ["output_format", "format"]
    private static let formats: Set<String> = ["jpeg", "jpg", "png", "webp", "gif", "svg", "avif"]

    private let document: JSONValue
    private let endpoint: Endpoint
    private var types: SchemaDocument

    private init(_ document: JSONValue, _ endpoint: Endpoint) {
        self.document = document
        self.endpoint = endpoint
        types = SchemaDocument(document)
    }

    /// - Parameter day: when the document was fetched, as `2026-11-21`.
    /// - Returns: a row that `EndpointProfile(row:)` reads.
    package static func row(
        from document: JSONValue, endpoint: Endpoint, on day: String
    ) throws(LearningFailure) -> JSONObject {
        guard document["openapi"]?.stringValue?.hasPrefix("3.") == true, document["paths"]?.objectValue != nil else {
            throw .notOpenAPI
        }
        var learner = ProfileLearner(document, endpoint)
        let row = try learner.row(on: day)
        do {
            _ = try EndpointProfile(row: row)
        } catch {
            throw .contradictory(error)
        }
        return row
    }

    private mutating func row(on day: String) throws(LearningFailure) -> JSONObject {
        let output = try learnedOutput()
        let input = try learnedInput()
        let properties = try self.properties(of: input)
        let required = (input["required"]?.arrayValue ?? []).compactMap(\.stringValue).filter(Self.isName)
        let size = LearnedSize(properties)
        var unknown = size.unknown

        let count = properties.first { $0.name == Batches.usualParameter }
        let hasMultiplier = properties.contains { $0.name == "max_images" }
        let format = Self.formatParameters.lazy
            .compactMap { name in properties.first { $0.name == name && Self.isFormat($0) } }.first
        let seed = properties.first { $0.name == "seed" }
        let hasSyncMode = properties.contains { $0.name == "sync_mode" && $0.has(type: "boolean") }

        var taken = size.parameters.union(["prompt", "seed", "sync_mode", Batches.usualParameter])
        if let format { taken.insert(format.name) }
        var choices = JSONObject()
        var parameters: [String] = []
        var ranges = JSONObject()
        var inputs = JSONObject()
        for property in properties where !taken.contains(property.name) {
            if Self.isImageInput(property) {
                inputs[property.name] = required.contains(property.name) ? "required" : "optional"
            } else if let values = property.values {
                choices[property.name] = [
                    "values": .array(values.map(JSONValue.string)), "default": property.defaultValue(among: values),
                ]
            } else {
                parameters.append(property.name)
                ranges[property.name] = property.range
            }
        }

        var row: JSONObject = ["id": .string(endpoint.id), "task": .string(task), "listed": .string(day)]
        row["size"] = size.row
        row["images"] = Self.count(count, multiplier: hasMultiplier ? "max_images" : nil, unknown: &unknown)
        row["format"] = format.map(Self.format) ?? .null
        row["sync_mode"] = .bool(hasSyncMode)
        row["seed"] = .bool(seed != nil)
        if let fixed = seed?.defaultValue?.intValue, fixed > 0 { row["default_seed"] = .integer(fixed) }
        if !choices.isEmpty { row["choices"] = .object(choices) }
        row["translates"] = LearnedWishes.translations(choices)
        if !parameters.isEmpty { row["parameters"] = .array(parameters.sorted().map(JSONValue.string)) }
        if !ranges.isEmpty { row["ranges"] = .object(ranges) }
        if !inputs.isEmpty { row["inputs"] = .object(inputs) }
        row["maximum_inputs"] = properties.first { inputs.contains($0.name) && $0.maximumCount != nil }?.maximumCount
            .map(JSONValue.integer)
        row["required"] = .array(required.map(JSONValue.string))
        row["output"] = .object(output)
        row["unknown"] = .array((unknown + ["price"]).map(JSONValue.string))
        if !size.notes.isEmpty { row["notes"] = .array(size.notes.map(JSONValue.string)) }
        return row
    }

    // MARK: Finding the types

    private var operations: [(path: String, operations: JSONValue)] {
        document["paths"]?.objectValue?.members.prefix(Self.mostParameters).map { ($0.key, $0.value) } ?? []
    }

    private mutating func learnedInput() throws(LearningFailure) -> JSONObject {
        let bodies = operations.compactMap { path, operations in
            Self.schema(operations["post"]?["requestBody"]).map { (path, $0) }
        }
        let own = bodies.first { $0.0 == "/\(endpoint.id)" } ?? bodies.first
        guard let own else { throw .noInput }
        let input = try types.resolved(own.1)
        guard input["properties"]?.objectValue?.isEmpty == false else { throw .noInput }
        return input
    }

    private mutating func learnedOutput() throws(LearningFailure) -> JSONObject {
        let results = operations.compactMap { path, operations in
            path.hasSuffix("/requests/{request_id}") ? Self.schema(operations["get"]?["responses"]?["200"]) : nil
        }
        guard let result = results.first else { throw .noOutput }
        let properties = try types.resolved(result)["properties"]?.objectValue ?? [:]
        var field: String?
        if let list = properties["images"], try isImageList(list) {
            field = "images"
        } else if let one = properties["image"], try isImage(one) {
            field = "image"
        }
        guard let field else {
            throw .notAnImageEndpoint(fields: properties.keys.prefix(10).filter(Self.isName))
        }
        var output: JSONObject = ["field": .string(field)]
        for (key, name) in [("nsfw", "has_nsfw_concepts"), ("seed", "seed"), ("prompt", "prompt")]
        where properties.contains(name) {
            output[key] = true
        }
        return output
    }

    private mutating func isImageList(_ schema: JSONValue) throws(LearningFailure) -> Bool {
        for alternative in try types.alternatives(of: try types.resolved(schema)) {
            if let items = alternative["items"], try isImage(items) { return true }
        }
        return false
    }

    /// A file of fal's has at least an address.
    private mutating func isImage(_ schema: JSONValue) throws(LearningFailure) -> Bool {
        try types.alternatives(of: try types.resolved(schema)).contains { $0["properties"]?["url"] != nil }
    }

    private static func schema(_ message: JSONValue?) -> JSONValue? { message?["content"]?["application/json"]?["schema"] }

    private mutating func properties(of input: JSONObject) throws(LearningFailure) -> [LearnedProperty] {
        let members = input["properties"]?.objectValue?.members ?? []
        guard members.count <= Self.mostParameters else { throw .tooComplex }
        var properties: [LearnedProperty] = []
        for (name, schema) in members where Self.isName(name) {
            properties.append(try LearnedProperty(name, try types.resolved(schema), in: &types))
        }
        return properties
    }

    /// What can stand in a header, a log and a line of output.
    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0)) }
    }

    // MARK: Parts of the row

    private var task: String {
        let category = document["info"]?["x-fal-metadata"]?["category"]?.stringValue
        return category.flatMap { Self.isName($0) ? $0 : nil } ?? "text-to-image"
    }

    private static func count(
        _ property: LearnedProperty?, multiplier: String?, unknown: inout [String]
    ) -> JSONValue {
        guard let property else { return .null }
        var rule: JSONObject = ["parameter": .string(property.name)]
        if let most = property.maximum, most > 0 {
            rule["maximum"] = .integer(most)
            rule["basis"] = "documented"
        } else {
            rule["maximum"] = .integer(carefulMaximum)
            rule["basis"] = "unknown"
            unknown.append("images.maximum")
        }
        rule["multiplier"] = multiplier.map(JSONValue.string)
        return .object(rule)
    }

    private static func format(_ property: LearnedProperty) -> JSONValue {
        let values = property.values ?? []
        return [
            "parameter": .string(property.name), "values": .array(values.map(JSONValue.string)),
            "default": property.defaultValue(among: values),
        ]
    }

    private static func isFormat(_ property: LearnedProperty) -> Bool {
        property.values?.contains { formats.contains($0) } ?? false
    }

    private static func isImageInput(_ property: LearnedProperty) -> Bool {
        imageInputs.contains(property.name) && property.has(type: property.name.hasSuffix("urls") ? "array" : "string")
    }
}
