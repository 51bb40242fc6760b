import JSON

/// The OpenAPI document that fal publishes for each endpoint: the queue's paths, with the model's
/// own input and output types.
struct OpenAPIDocument {
    private let id: String
    private let schema: EndpointSchema
    private let model: EndpointModel
    /// As fal names its types: `FluxDev` for `fal-ai/flux/dev`.
    private let name: String

    /// - Returns: nil for an endpoint that fal does not know.
    init?(endpoint id: String) {
        guard let schema = EndpointSchema.table[id] else { return nil }
        self.id = id
        self.schema = schema
        model = EndpointModel.table[id] ?? .generic
        let words = id.split(whereSeparator: { "/-._".contains($0) }).drop { $0 == "fal" || $0 == "ai" }
        name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    func json() -> JSONObject {
        [
            "openapi": "3.0.4",
            "info": [
                "title": .string("Queue OpenAPI for \(id)"), "version": "1.0.0",
                "description": .string("The OpenAPI schema for the \(id) queue."),
                "x-fal-metadata": [
                    "endpointId": .string(id), "category": .string(schema.category),
                    "thumbnailUrl": .string("https://fal.media/files/\(name).jpg"),
                    "playgroundUrl": .string("https://fal.ai/models/\(id)"),
                    "documentationUrl": .string("https://fal.ai/models/\(id)/api"),
                ],
            ],
            "components": [
                "securitySchemes": [
                    "apiKeyAuth": [
                        "type": "apiKey", "in": "header", "name": "Authorization", "description": "Fal Key",
                    ]
                ],
                "schemas": .object(schemas()),
            ],
            "paths": .object(paths()),
            "servers": [["url": "https://queue.fal.run"]],
            "security": [["apiKeyAuth": []]],
        ]
    }

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    // MARK: Paths

    private func paths() -> JSONObject {
        let requests = "/\(id)/requests/{request_id}"
        let status = Self.answer(Self.reference("QueueStatus"), "The request status.")
        let outcome: JSONValue = ["type": "object", "properties": ["success": ["type": "boolean"]]]
        let body: JSONValue = [
            "required": true, "content": ["application/json": ["schema": Self.reference("\(name)Input")]],
        ]
        let identifier: JSONValue = [
            "name": "request_id", "in": "path", "required": true, "schema": ["type": "string", "description": "Request ID"],
        ]
        return [
            "\(requests)/status": ["get": ["parameters": [identifier], "responses": ["200": status]]],
            "\(requests)/cancel": [
                "put": ["parameters": [identifier], "responses": ["200": Self.answer(outcome, "The request was cancelled.")]]
            ],
            "/\(id)": ["post": ["requestBody": body, "responses": ["200": status]]],
            requests: [
                "get": [
                    "parameters": [identifier],
                    "responses": ["200": Self.answer(Self.reference("\(name)Output"), "Result of the request.")],
                ]
            ],
        ]
    }

    private static func answer(_ schema: JSONValue, _ description: String) -> JSONValue {
        ["description": .string(description), "content": ["application/json": ["schema": schema]]]
    }

    // MARK: Types

    private func schemas() -> JSONObject {
        var schemas: JSONObject = [
            "QueueStatus": [
                "type": "object",
                "properties": [
                    "status": ["type": "string", "enum": ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]],
                    "request_id": ["type": "string", "description": "The request id."],
                    "response_url": ["type": "string", "description": "The response url."],
                    "status_url": ["type": "string", "description": "The status url."],
                    "cancel_url": ["type": "string", "description": "The cancel url."],
                    "logs": ["type": "object", "description": "The logs.", "additionalProperties": true],
                    "metrics": ["type": "object", "description": "The metrics.", "additionalProperties": true],
                    "queue_position": ["type": "integer", "description": "The queue position."],
                ],
                "required": ["status", "request_id"],
            ]
        ]
        let input = EndpointInput(model: model, schema: schema)
        schemas["\(name)Input"] = .object(Self.object("\(name)Input", input.properties, required: input.required))
        let output = outputProperties()
        schemas["\(name)Output"] = .object(Self.object("\(name)Output", output, required: output.keys))
        if input.takesSizeObjects {
            schemas["ImageSize"] = .object(Self.object("ImageSize", input.edges, required: []))
        }
        schemas[fileType] = .object(Self.object(fileType, fileProperties(), required: ["url"]))
        for type in input.namedTypes { schemas[type] = .object(Self.object(type, [:], required: [])) }
        return schemas
    }

    private static func object(_ name: String, _ properties: JSONObject, required: [String]) -> JSONObject {
        var object: JSONObject = [
            "title": .string(name), "type": "object", "properties": .object(properties),
            "x-fal-order-properties": .array(properties.keys.map(JSONValue.string)),
        ]
        if !required.isEmpty { object["required"] = .array(required.map(JSONValue.string)) }
        return object
    }

    private var fileType: String { model.item == .image ? "Image" : model.item == .imageFile ? "ImageFile" : "File" }

    private func outputProperties() -> JSONObject {
        if schema.makesVideo { return ["video": Self.reference(fileType)] }
        var properties: JSONObject =
            model.isSingle
            ? ["image": ["title": "Image", "description": "The generated image.", "allOf": [Self.reference(fileType)]]]
            : [
                "images": [
                    "title": "Images", "type": "array", "items": Self.reference(fileType),
                    "description": "The generated image files info.",
                ]
            ]
        for field in model.outputFields {
            properties[field] =
                switch field {
                case "timings": ["title": "Timings", "type": "object", "additionalProperties": ["type": "number"]]
                case "seed": ["title": "Seed", "type": "integer", "description": "Seed of the generated Image."]
                case "has_nsfw_concepts":
                    [
                        "title": "Has Nsfw Concepts", "type": "array", "items": ["type": "boolean"],
                        "description": "Whether the generated images contain NSFW concepts.",
                    ]
                case "mask_image": ["anyOf": [Self.reference(fileType), ["type": "null"]]]
                default: ["title": .string(field), "type": "string"]
                }
        }
        return properties
    }

    private func fileProperties() -> JSONObject {
        var properties: JSONObject = [
            "url": ["title": "Url", "type": "string", "description": "The URL where the file can be downloaded from."],
            "content_type": ["title": "Content Type", "anyOf": [["type": "string"], ["type": "null"]]],
        ]
        if model.item != .file {
            properties["width"] = ["title": "Width", "anyOf": [["type": "integer"], ["type": "null"]]]
            properties["height"] = ["title": "Height", "anyOf": [["type": "integer"], ["type": "null"]]]
        }
        return properties
    }
}
