import JSON

/// What an endpoint's published document says beside what `EndpointModel` knows.
struct EndpointSchema: Sendable {
    /// fal's word for what the endpoint does.
    let category: String
    let hasSeed: Bool
    /// The seed of a model that repeats itself.
    let fixedSeed: Int?
    /// Parameters that take a picture's address.
    let images: [String]
    /// fal's own words about sizes.
    let sizeText: String?
    let defaultResolution: String?
    /// Further parameters, each a JSON schema.
    let options: JSONObject
    /// The result is a video: no endpoint for pictures.
    let makesVideo: Bool

    private init(row: JSONValue) {
        category = row["category"]?.stringValue ?? "text-to-image"
        hasSeed = row["seed"] != nil
        fixedSeed = row["seed"]?.intValue
        images = row["images"]?.strings ?? []
        sizeText = row["size_text"]?.stringValue
        defaultResolution = row["resolution"]?.stringValue
        options = row["options"]?.objectValue ?? [:]
        makesVideo = row["output"]?.stringValue == "video"
    }

    /// All of `SchemaTable`, by endpoint id.
    static let table: [String: EndpointSchema] = {
        var table: [String: EndpointSchema] = [:]
        for line in SchemaTable.rows.split(separator: "\n") {
            guard let row = try? JSON.parse(String(line)), let id = row["id"]?.stringValue else {
                preconditionFailure("row without meaning in the table of schemas: \(line)")
            }
            table[id] = EndpointSchema(row: row)
        }
        return table
    }()
}
