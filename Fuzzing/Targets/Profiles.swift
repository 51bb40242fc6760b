import JSON

@testable import Fal

/// The profile learner: any JSON gives a refusal or a row that makes a profile, the same twice, and a
/// row that is learned can be stored, read and described.
///
/// The bytes are read as a document, or, since few bytes are one, as choices out of what documents
/// are made of. What comes after learning takes longer than learning itself and is done with some
/// inputs: which is up to the input.
func fuzzProfiles(_ bytes: [UInt8]) {
    guard let endpoint = try? Endpoint("a/b") else { fatalError("broken: a name that is none") }
    let document: JSONValue
    if let read = try? JSON.parse(bytes) {
        document = read
    } else {
        var invented = InventedDocument(bytes.prefix(InventedDocument.mostChoices))
        document = invented.document()
    }
    guard let row = try? ProfileLearner.row(from: document, endpoint: endpoint, on: "2026-01-01") else { return }
    switch bytes.mark & 7 {
    case 0:
        let again = try? ProfileLearner.row(from: document, endpoint: endpoint, on: "2026-01-01")
        require(again == row, "learned twice, differently")
    case 1, 2: use(row, learnedFrom: document)
    default: break
    }
}

private func use(_ row: JSONObject, learnedFrom document: JSONValue) {
    let written = JSONValue.object(row).serialized()
    let stored = (try? JSON.parse(written))?.objectValue
    require(stored == row, "stored, but not read back")
    require(written.count <= 8 * document.serialized().count + 4096, "a row larger than its document")
    guard let stored, let profile = try? EndpointProfile(row: stored) else { fatalError("broken: a row that is no profile") }
    _ = JSONValue.object(profile.described(price: profile.price)).serialized()
}

/// An OpenAPI document as the bytes choose it: mostly of the right shape, now and then of any.
private struct InventedDocument {
    private static let names = [
        "prompt", "image_size", "aspect_ratio", "resolution", "num_images", "max_images", "image_url", "image_urls", "mask_url",
        "output_format", "format", "seed", "sync_mode", "quality", "style", "background", "width", "height", "size", "x",
    ]
    private static let words = [
        "1:1", "16:9", "auto", "square_hd", "landscape_4_3", "1024x1024", "auto_2K", "1K", "4K", "0.5K", "png", "jpeg", "webp",
        "low", "high", "opaque", "Must be a multiple of 32, from 256 to 1440.", "up to 4 images", "between 1 and 10", "",
    ]
    private static let keys = [
        "type", "enum", "default", "anyOf", "oneOf", "allOf", "$ref", "properties", "items", "required", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "maxItems", "minItems", "multipleOf", "description", "const", "examples",
    ]
    private static let types = ["string", "integer", "number", "boolean", "array", "object", "null"]
    private static let numbers = [
        "0", "1", "4", "-1", "64", "512", "14142", "0.5", "1e2", "1e400", "9223372036854775807", "-9223372036854775808",
    ]
    private static let deepest = 6
    /// More make documents that say the same more often.
    static let mostChoices = 128

    private var choices: ArraySlice<UInt8>

    init(_ choices: ArraySlice<UInt8>) { self.choices = choices }

    mutating func document() -> JSONValue {
        var types: JSONObject = [:]
        for name in ["F", "S", "I"] { types[name] = schema(0) }
        if next() < 240 { types["F"] = ["properties": ["url": ["type": "string"]]] }
        let input: JSONValue = next() < 240 ? ["required": list(1), "properties": properties(1)] : schema(0)
        let image: JSONValue = ["$ref": "#/components/schemas/F"]
        let output: JSONValue =
            next() < 128 ? ["properties": ["images": ["items": image]]]
            : next() < 240 ? ["properties": ["image": image, "seed": schema(1)]] : schema(0)
        return [
            "openapi": "3.1.0", "components": ["schemas": .object(types)],
            "paths": [
                "/a/b": ["post": ["requestBody": content(input)]],
                "/a/b/requests/{request_id}": ["get": ["responses": ["200": content(output)]]],
            ],
        ]
    }

    private func content(_ schema: JSONValue) -> JSONValue { ["content": ["application/json": ["schema": schema]]] }

    /// 0 when the choices have run out, which ends everything that could go on.
    private mutating func next() -> UInt8 { choices.popFirst() ?? 0 }

    private mutating func one(of texts: [String]) -> String { texts[Int(next()) % texts.count] }

    private mutating func schema(_ depth: Int) -> JSONValue {
        var schema: JSONObject = [:]
        for _ in 0..<(next() % 5) {
            let key = one(of: Self.keys)
            schema[key] = depth < Self.deepest ? value(of: key, depth + 1) : .null
        }
        return .object(schema)
    }

    private mutating func value(of key: String, _ depth: Int) -> JSONValue {
        guard next() < 250 else { return any(depth) }
        switch key {
        case "type": return .string(one(of: Self.types))
        case "enum", "examples": return list(depth)
        case "required": return .array((0..<(next() % 4)).map { _ in .string(one(of: Self.names)) })
        case "anyOf", "oneOf", "allOf": return .array((0..<(next() % 4)).map { _ in schema(depth) })
        case "$ref": return .string("#/components/schemas/" + one(of: ["F", "S", "I", "none"]))
        case "properties": return properties(depth)
        case "items": return schema(depth)
        case "description": return .string(one(of: Self.words))
        case "default", "const": return any(depth)
        default: return number()
        }
    }

    private mutating func properties(_ depth: Int) -> JSONValue {
        var properties: JSONObject = [:]
        for _ in 0..<(next() % 8) { properties[one(of: Self.names)] = schema(depth) }
        return .object(properties)
    }

    private mutating func list(_ depth: Int) -> JSONValue {
        .array((0..<(next() % 6)).map { _ in next() < 230 ? .string(one(of: Self.words)) : any(depth) })
    }

    private mutating func number() -> JSONValue { JSONNumber(lexeme: one(of: Self.numbers)).map(JSONValue.number) ?? .null }

    private mutating func any(_ depth: Int) -> JSONValue {
        switch next() % 7 {
        case 0: .null
        case 1: .bool(true)
        case 2: number()
        case 3: .string(one(of: Self.words))
        case 4: .string(one(of: Self.names))
        case 5: depth < Self.deepest ? list(depth + 1) : .array([])
        default: depth < Self.deepest ? schema(depth + 1) : .object([:])
        }
    }
}
