import JSON
import Testing

@testable import FalSimulator

@Suite("What fal publishes") struct PlatformTests {
    private static let documents = "/api/openapi/queue/openapi.json?endpoint_id="

    @Test("every endpoint of the table has a document whose references lead somewhere")
    func documents() async throws {
        let fal = try Running()
        for id in EndpointModel.table.keys.sorted() {
            let reply = try await fal.send("GET", Self.documents + id, fields: [])
            #expect(reply.status == 200, "\(id)")
            #expect(reply.json["info"]?["x-fal-metadata"]?["endpointId"] == .string(id))
            let schemas = reply.json["components"]?["schemas"]
            for reference in Self.references(in: reply.json) {
                #expect(schemas?[String(reference.dropFirst("#/components/schemas/".count))] != nil, "\(id): \(reference)")
            }
            let content = reply.json["paths"]?["/\(id)"]?["post"]?["requestBody"]?["content"]
            #expect(content?["application/json"]?["schema"]?["$ref"] != nil, "\(id)")
        }
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.members.flatMap { $0.key == "$ref" ? [$0.value.stringValue ?? ""] : references(in: $0.value) }
        case .array(let elements): elements.flatMap(references)
        case .null, .bool, .number, .string: []
        }
    }

    @Test("a document says what the model takes, and needs no key")
    func flux() async throws {
        let fal = try Running()
        let document = try await fal.send("GET", "/fal.ai" + Self.documents + "fal-ai%2Fflux%2Fdev", fields: []).json
        let input = document["components"]?["schemas"]?["FluxDevInput"]
        #expect(input?["required"] == ["prompt"])
        #expect(input?["properties"]?["num_images"]?["maximum"] == 4)
        #expect(input?["properties"]?["acceleration"]?["enum"] == ["none", "regular", "high"])
        #expect(input?["properties"]?["image_size"]?["anyOf"]?[0]?["$ref"] == "#/components/schemas/ImageSize")
        #expect(input?["properties"]?["image_size"]?["default"] == "landscape_4_3")
        #expect(input?["x-fal-order-properties"]?[0] == "prompt")
        #expect(try await fal.get("/_simulator/violations").json["violations"] == [])
        _ = try await fal.get(Self.documents + "fal-ai/flux/dev")
        let kind = try await fal.get("/_simulator/violations").json["violations"]?[0]?["kind"]
        #expect(kind == "authorization_at_documents")
    }

    @Test("an endpoint nobody has, or none, has no document")
    func unknown() async throws {
        let fal = try Running()
        #expect(try await fal.send("GET", Self.documents + "fal-ai/nothing", fields: []).status == 404)
        #expect(try await fal.send("GET", "/api/openapi/queue/openapi.json", fields: []).status == 404)
    }

    @Test("an application may still be called api or v1")
    func otherPaths() async throws {
        let fal = try Running()
        #expect(try await fal.submit("api/openapi").reply.status == 200)
        #expect(try await fal.submit("v1/models").reply.status == 200)
    }

    @Test("prices are told to whoever has a key, page by page")
    func prices() async throws {
        let fal = try Running()
        let path = "/v1/models/pricing?endpoint_id=fal-ai/flux/dev&endpoint_id=fal-ai/sana&endpoint_id=fal-ai/ideogram/v2"
        #expect(try await fal.send("GET", path, fields: []).status == 401)
        let all = try await fal.get(path)
        #expect(all.status == 200)
        // Of sana no price is known.
        #expect(
            all.text
                == """
                {"prices":[{"endpoint_id":"fal-ai/flux/dev","unit_price":0.025,"unit":"megapixels","currency":"USD"},\
                {"endpoint_id":"fal-ai/ideogram/v2","unit_price":0.08,"unit":"images","currency":"USD"}],\
                "next_cursor":null,"has_more":false}
                """)
        let first = try await fal.get(path + "&limit=1").json
        #expect(first["has_more"] == true)
        #expect(first["prices"]?.arrayValue?.count == 1)
        let second = try await fal.get(path + "&limit=1&cursor=\(first["next_cursor"]?.stringValue ?? "")").json
        #expect(second["prices"]?[0]?["endpoint_id"] == "fal-ai/ideogram/v2")
        #expect(second["has_more"] == false)
        #expect(try await fal.get("/api.fal.ai/v1/models/pricing?endpoint_id=fal-ai/nothing").status == 404)
    }
}
