package import JSON

/// One model in `GET /v1/models`, and the whole answer of `GET /v1/models/{id}`.
package struct ModelObject: Sendable, Equatable {
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    package var ownedBy: String
    /// LiteLLM's addition, `image_generation`; left out when `nil`.
    package var mode: String?

    package init(id: String, created: Int, ownedBy: String, mode: String? = nil) {
        self.id = id
        self.created = created
        self.ownedBy = ownedBy
        self.mode = mode
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "id": .string(id), "object": "model", "created": .integer(created), "owned_by": .string(ownedBy),
        ]
        if let mode { object["mode"] = .string(mode) }
        return object
    }

    package func serialized() -> [UInt8] {
        json.serialized()
    }
}

/// The answer of `GET /v1/models`.
package struct ModelList: Sendable, Equatable {
    package var models: [ModelObject]

    package init(_ models: [ModelObject]) {
        self.models = models
    }

    package var json: JSONObject {
        ["object": "list", "data": .array(models.map { .object($0.json) })]
    }

    package func serialized() -> [UInt8] {
        json.serialized()
    }
}
