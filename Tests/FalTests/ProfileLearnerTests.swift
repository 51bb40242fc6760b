import JSON
import Testing

@testable import Fal

@Suite("Profiles from fal's documents") struct ProfileLearnerTests {
    /// A document in fal's form around an input type and an output type.
    static func document(
        _ properties: String, required: String = ##"["prompt"]"##, types: String = "",
        output: String = ##"{"images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}}}"##
    ) -> String {
        """
        {"openapi": "3.0.4", "info": {"title": "Queue OpenAPI for acme/picture", "version": "1.0.0",
           "x-fal-metadata": {"endpointId": "acme/picture", "category": "text-to-image"}},
         "components": {"schemas": {\(types.isEmpty ? "" : types + ",")
           "Image": {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
           "ImageSize": {"type": "object", "properties": {
             "width": {"type": "integer", "exclusiveMinimum": 0, "maximum": 14142, "default": 512},
             "height": {"type": "integer", "exclusiveMinimum": 0, "maximum": 14142, "default": 512}}},
           "PictureInput": {"type": "object", "required": \(required), "properties": {"prompt": {"type": "string"},\(properties)}},
           "PictureOutput": {"type": "object", "properties": \(output)}}},
         "paths": {
           "/acme/picture/requests/{request_id}/status": {"get": {"responses": {"200": {"content": {"application/json":
             {"schema": {"type": "object"}}}}}}},
           "/acme/picture": {"post": {"requestBody": {"required": true, "content": {"application/json":
             {"schema": {"$ref": "#/components/schemas/PictureInput"}}}}}},
           "/acme/picture/requests/{request_id}": {"get": {"responses": {"200": {"content": {"application/json":
             {"schema": {"$ref": "#/components/schemas/PictureOutput"}}}}}}}}}
        """
    }

    private func row(_ text: String) throws -> JSONObject {
        try ProfileLearner.row(from: try JSON.parse(text), endpoint: try Endpoint("acme/picture"), on: "2026-11-21")
    }

    private func learned(_ text: String) throws -> EndpointProfile {
        try EndpointProfile(row: try row(text), origin: .learned)
    }

    private static let sizes = ##""anyOf": [{"$ref": "#/components/schemas/ImageSize"}, {"type": "string", "enum": ["square_hd", "landscape_4_3"]}]"##

    @Test("a document like flux's becomes a whole profile")
    func usual() throws {
        let profile = try learned(Self.document("""
            "image_size": {\(Self.sizes), "default": "landscape_4_3"},
            "num_images": {"type": "integer", "minimum": 1, "maximum": 4, "default": 1},
            "output_format": {"type": "string", "enum": ["jpeg", "png"], "default": "jpeg"},
            "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "sync_mode": {"type": "boolean", "default": false},
            "acceleration": {"enum": ["none", "high"], "type": "string", "default": "none"},
            "guidance_scale": {"type": "number", "minimum": 1, "maximum": 20.5, "default": 3.5},
            "loras": {"type": "array", "items": {"$ref": "#/components/schemas/Missing"}}
            """, output: ##"""
            {"images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}}, "seed": {"type": "integer"},
             "has_nsfw_concepts": {"type": "array", "items": {"type": "boolean"}}}
            """##))
        #expect(profile.origin == .learned)
        #expect(profile.listed == "2026-11-21")
        guard case .imageSize(let size) = profile.size else { throw Wrong(profile.size) }
        #expect(size.presets == ["square_hd", "landscape_4_3"])
        #expect(size.defaultSize == .preset("landscape_4_3"))
        #expect(size.limits == .unbounded)
        #expect(profile.count == .parameter("num_images", maximum: 4, basis: "documented", multiplier: nil))
        #expect(profile.format == FormatRule(parameter: "output_format", values: ["jpeg", "png"], defaultValue: "jpeg"))
        #expect(profile.hasSeed)
        #expect(profile.hasSyncMode)
        #expect(profile.choices == ["acceleration": .init(values: ["none", "high"], defaultValue: "none")])
        #expect(profile.parameters == ["guidance_scale", "loras"])
        #expect(profile.ranges == ["guidance_scale": 1...20.5])
        #expect(profile.required == ["prompt"])
        #expect(profile.output == .init(field: "images", reportsUnsafeContent: true, reportsSeed: true, reportsPrompt: false))
        #expect(!profile.price.isKnown)
        #expect(profile.unknown == ["price"])
    }

    struct Wrong: Error {
        let what: String
        init(_ value: some Any) { what = "\(value)" }
    }

    static let ratios = ##""aspect_ratio": {"type": "string", "enum": ["auto", "16:9", "1:1"], "default": "auto"}"##

    @Test("a size is understood in each of fal's ways", arguments: [
        (ratios, ##"{"by":"aspect_ratio","parameter":"aspect_ratio","values":["auto","16:9","1:1"],"default":"auto"}"##),
        (##""aspect_ratio": {"anyOf": [{"type": "string", "enum": ["1:1"]}, {"type": "string"}], "default": "1:1"}"##,
         ##"{"by":"aspect_ratio","parameter":"aspect_ratio","values":["1:1"],"default":"1:1","any_ratio":true}"##),
        (ratios + ##", "resolution": {"type": "string", "enum": ["1K", "4K"], "default": "1K"}"##,
         ##"{"by":"aspect_ratio","parameter":"aspect_ratio","values":["auto","16:9","1:1"],"default":"auto","resolution":{"values":["1K","4K"],"default":"1K"}}"##),
        (##""resolution_mode": {"type": "string", "enum": ["match_input", "1:1"]}"##,
         ##"{"by":"aspect_ratio","parameter":"resolution_mode","values":["match_input","1:1"],"default":null}"##),
        (##""image_size": {"type": "string", "enum": ["auto", "1024x1024", "1536x1024"], "default": "1024x1024"}"##,
         ##"{"by":"literal","parameter":"image_size","values":["auto","1024x1024","1536x1024"],"default":"1024x1024"}"##),
        (##""image_size": {"$ref": "#/components/schemas/ImageSize", "default": {"width": 640, "height": 480}}"##,
         ##"{"by":"image_size","presets":[],"default":[640,480]}"##),
        (##""image_size": {"allOf": [{"$ref": "#/components/schemas/ImageSize"}]}"##, ##"{"by":"image_size","presets":[],"default":null}"##),
        (##""image_size": {"anyOf": [{"$ref": "#/components/schemas/ImageSize"}, {"enum": ["square", "mural"]}]}"##,
         ##"{"by":"image_size","presets":["square"],"default":null}"##),
        (##""image_size": {"type": "string", "enum": ["square", "landscape_4_3"]}"##, "null"),
        (##""width": {"type": "integer"}, "height": {"type": "integer"}"##, "null"),
        (##""resolution": {"type": "string", "enum": ["720p", "1080p"]}"##, "null"),
    ])
    func sizes(properties: String, expected: String) throws {
        let row = try row(Self.document(properties))
        #expect(row["size"]?.description == expected)
        let isKnown = row["size"]?["default"]?.isNull == false
        #expect((row["unknown"]?.arrayValue?.contains { $0.stringValue?.hasPrefix("size") == true } ?? false)
            == (!isKnown && !properties.contains("720p")))
    }

    @Test("limits are read from bounds and from fal's phrases", arguments: [
        (##""minimum": 512, "maximum": 2048"##, "", ##"{"edge":[512,2048]}"##),
        (##""minimum": 512, "maximum": 3840, "multipleOf": 16"##, "", ##"{"edge":[512,3840],"multiple":16}"##),
        (##""minimum": 511, "exclusiveMinimum": true, "maximum": 2048"##, "", ##"{"edge":[512,2048]}"##),
        ("", "Width and height must be between 512 and 2048.", ##"{"edge":[512,2048]}"##),
        ("", "Total pixels must be between 960x960 and 4096x4096.", ##"{"pixels":[921600,16777216]}"##),
        ("", "Width and height must be between 1920 and 4096, or total number of pixels must be between 2560*1440 and 4096*4096.",
         ##"{"pixels":[3686400,16777216]}"##),
        ("", "both dimensions as multiples of 16, max edge 3840px, aspect ratio <= 3:1, total pixels between 655,360 and 8,294,400.",
         ##"{"edge":[1,3840],"pixels":[655360,8294400],"multiple":16,"ratio":3}"##),
        ("", "Total pixels must be between 1024x1024 and 2048x2048, with aspect ratio between 1/16 and 16.",
         ##"{"pixels":[1048576,4194304],"ratio":16}"##),
        (##""minimum": 4096, "maximum": 16"##, "pixels must be between 9 and 3, between between and", "null"),
        ("", "The size of the generated image.", "null"),
    ])
    func limits(bounds: String, text: String, expected: String) throws {
        let edge = ##"{"type": "integer"\##(bounds.isEmpty ? "" : ", " + bounds)}"##
        let row = try row(Self.document("""
            "image_size": {"description": "\(text)", "default": "square", "anyOf": [{"enum": ["square"], "type": "string"},
              {"type": "object", "properties": {"width": \(edge), "height": \(edge)}}]}
            """))
        #expect((row["size"]?["limits"] ?? .null).description == expected)
    }

    @Test("limits in words nobody understands are marked")
    func unreadableLimits() throws {
        let row = try row(Self.document(##""image_size": {\##(Self.sizes), "default": "square_hd", "description": "Sides must be a multiple of eight."}"##))
        #expect(row["unknown"] == ["size.limits", "price"])
    }

    @Test("a count without a maximum is set low and marked; one image a call has no parameter")
    func counts() throws {
        let open = try learned(Self.document(##""num_images": {"type": "integer"}, "max_images": {"type": "integer"}"##))
        #expect(open.count == .parameter("num_images", maximum: 4, basis: "unknown", multiplier: "max_images"))
        #expect(open.unknown == ["images.maximum", "price"])
        #expect(try learned(Self.document(##""seed": {"type": "integer", "default": 5555}"##)).count == .single)
        #expect(try learned(Self.document(##""seed": {"type": "integer", "default": 5555}"##)).defaultSeed == 5555)
    }

    @Test("images to start from are inputs, with their need and number")
    func inputs() throws {
        let profile = try learned(Self.document(
            """
            "image_urls": {"type": "array", "items": {"type": "string"}, "maxItems": 16},
            "mask_url": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "control_image_url": {"type": "string"}
            """, required: ##"["prompt", "image_urls"]"##, output: ##"{"image": {"$ref": "#/components/schemas/Image"}}"##))
        #expect(profile.inputs == [
            .init(parameter: "image_urls", isRequired: true), .init(parameter: "mask_url", isRequired: false),
        ])
        #expect(profile.maximumInputs == 16)
        #expect(profile.parameters == ["control_image_url"])
        #expect(profile.output.field == "image")
    }

    @Test("OpenAI's quality becomes what the model has of it")
    func wishes() throws {
        let profile = try learned(Self.document(##""quality": {"type": "string", "enum": ["low", "medium", "high"], "default": "high"}"##))
        let translation = try #require(profile.translations["quality"])
        #expect(translation.values == ["hd": "high", "standard": "medium"])
        #expect(try Wish(name: "quality", value: "hd").outcome(on: profile) == .sent(parameter: "quality", value: "high"))
        #expect(try Wish(name: "quality", value: "xhigh").outcome(on: profile) == .dropped(DroppedParameter(name: "quality", effect: .visible)))
    }

    @Test("a type may be put together of parts and referred to in a circle")
    func references() throws {
        let types = ##"""
            "Base": {"properties": {"seed": {"type": "integer"}}, "required": ["seed"]},
            "Tree": {"properties": {"kids": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
            """##
        let text = Self.document(##""tree": {"$ref": "#/components/schemas/Tree"}"##, types: types)
            .replacing(##""PictureInput": {"type""##, with: ##""PictureInput": {"allOf": [{"$ref": "#/components/schemas/Base"}], "type""##)
        let profile = try learned(text)
        #expect(profile.hasSeed)
        #expect(profile.required == ["seed", "prompt"])
        #expect(profile.parameters == ["tree"])
    }

    private static let circle = ##""Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}"##
    private static let bomb = (0..<15).map { level in
        let next = ##"{"$ref": "#/components/schemas/L\##(level + 1)"}"##
        return ##""L\##(level)": {"anyOf": [\##(next), \##(next), \##(next)]}"##
    }.joined(separator: ",") + ##", "L15": {"type": "string"}"##

    /// Two types of 20,000 required names each: put together one by one they would take minutes.
    private static let crowd = ["A", "B"].map { type in
        ##""\##(type)": {"required": [\##((0..<20_000).map { "\"\(type)\($0)\"" }.joined(separator: ","))]}"##
    }.joined(separator: ",")

    @Test("a hostile document is refused, quickly", arguments: [
        document(##""x": {"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]}"##, types: crowd),
        document(##""x": {"$ref": "#/components/schemas/Loop"}"##, types: circle),
        document(##""x": {"$ref": "#/components/schemas/L0"}"##, types: bomb),
        document((0..<300).map { ##""p\##($0)": {"type": "string"}"## }.joined(separator: ",")),
    ])
    func hostile(text: String) {
        #expect(throws: LearningFailure.tooComplex) { try row(text) }
    }

    @Test("names and values that no terminal should see are left out")
    func unprintable() throws {
        let profile = try learned(Self.document(##"""
            "\u001b[2Jx": {"type": "string"}, "style": {"type": "string", "enum": ["a\u001b[31m", "b"]}
            """##))
        #expect(profile.choices.isEmpty)
        #expect(profile.parameters == ["style"])
    }

    @Test("what is no image endpoint's document says why", arguments: [
        ("[]", "this is not an OpenAPI 3 document"),
        (##"{"openapi": "2.0", "paths": {}}"##, "this is not an OpenAPI 3 document"),
        (##"{"openapi": "3.0.4", "paths": {}}"##, "the document describes no result of the endpoint"),
        (document("\"a\": {}").replacing("requestBody", with: "body"), "the document describes no input of the endpoint"),
        (document("\"a\": {}", output: ##"{"video": {"$ref": "#/components/schemas/Image"}, "seed": {}}"##),
         "not an image endpoint: its result has video, seed and neither images nor image"),
        (document("\"a\": {}", output: ##"{"images": {"type": "array", "items": {"type": "string"}}}"##),
         "not an image endpoint: its result has images and neither images nor image"),
    ])
    func refusals(text: String, message: String) throws {
        let failure = #expect(throws: LearningFailure.self) { try row(text) }
        #expect(failure?.description == message)
    }

    @Test("a document cut short or altered anywhere never stops the process")
    func altered() throws {
        let value = try JSON.parse(Self.document(##""image_size": {\##(Self.sizes)}, "num_images": {"maximum": 4}"##))
        for replacement: JSONValue in [.null, 7, "x", [], [:], ["$ref": "#/components/schemas/PictureInput"]] {
            for altered in Self.alterations(of: value, to: replacement) {
                _ = try? ProfileLearner.row(from: altered, endpoint: try Endpoint("acme/picture"), on: "2026-11-21")
            }
        }
    }

    /// The value with each of its parts replaced, one at a time.
    private static func alterations(of value: JSONValue, to replacement: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let object):
            [replacement] + object.members.flatMap { key, member in
                alterations(of: member, to: replacement).map { altered in
                    var copy = object
                    copy[key] = altered
                    return .object(copy)
                }
            }
        case .array(let elements):
            [replacement] + elements.indices.flatMap { index in
                alterations(of: elements[index], to: replacement).map { altered in
                    var copy = elements
                    copy[index] = altered
                    return .array(copy)
                }
            }
        case .null, .bool, .number, .string: [replacement]
        }
    }
}
