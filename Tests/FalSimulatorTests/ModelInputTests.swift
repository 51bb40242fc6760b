import JSON
import Testing

@testable import FalSimulator

@Suite("Model inputs") struct ModelInputTests {
    @Test("the table knows sixty-eight endpoints, each with what it needs")
    func table() {
        #expect(EndpointModel.table.count == 68)
        for (id, model) in EndpointModel.table {
            #expect(model.defaultSize == nil || PictureSize(named: model.defaultSize ?? "", edge: 1024) != nil, "\(id)")
            for size in model.sizes where model.sizeStyle != .imageSize {
                #expect(PictureSize(named: size, edge: 1024) != nil, "\(id) \(size)")
            }
            #expect(model.formats.allSatisfy { ImageFormat(rawValue: $0) != nil }, "\(id)")
        }
    }

    @Test(
        "a size is what the model makes of it",
        arguments: [
            ("fal-ai/flux/dev", #"{"image_size": "square"}"#, 512, 512),
            ("fal-ai/flux/dev", "{}", 1024, 768),
            ("fal-ai/flux/dev", #"{"image_size": {"width": 600, "height": 800}}"#, 600, 800),
            ("fal-ai/flux/dev", #"{"image_size": {"width": 600}}"#, 600, 512),
            ("fal-ai/flux/dev", #"{"aspect_ratio": "1:1"}"#, 1024, 768),
            ("fal-ai/imagen4/preview", #"{"aspect_ratio": "16:9"}"#, 1368, 768),
            ("fal-ai/imagen4/preview", #"{"aspect_ratio": "1:1", "resolution": "2K"}"#, 2048, 2048),
            ("fal-ai/flux-pro/v1.1-ultra", #"{"aspect_ratio": "7:5"}"#, 2424, 1728),
            ("fal-ai/gpt-image-1.5", #"{"image_size": "1536x1024"}"#, 1536, 1024),
            ("fal-ai/bytedance/seedream/v4/text-to-image", #"{"image_size": "auto_4K"}"#, 4096, 4096),
            ("someone/unknown", #"{"image_size": "800x600"}"#, 800, 600),
            ("someone/unknown", #"{"aspect_ratio": "2:1"}"#, 1448, 728),
        ])
    func sizes(endpoint: String, body: String, width: Int, height: Int) throws {
        let input = try input(endpoint, body, prompt: "x")
        #expect(input.size == PictureSize(width: width, height: height))
        #expect(input.problems.isEmpty)
    }

    @Test(
        "what is wrong is told in fal's words, with the place",
        arguments: [
            ("fal-ai/flux/dev", "{}", "missing", #"["body","prompt"]"#, nil),
            ("fal-ai/flux/dev", #"{"prompt": 7}"#, "string_type", #"["body","prompt"]"#, nil),
            ("fal-ai/flux/dev", #"{"prompt": "x", "num_images": 5}"#, "less_than_equal", #"["body","num_images"]"#, #"{"le":4}"#),
            ("fal-ai/flux/dev", #"{"prompt": "x", "num_images": 0}"#, "greater_than_equal", #"["body","num_images"]"#, #"{"ge":1}"#),
            ("fal-ai/flux/dev", #"{"prompt": "x", "num_images": 1.5}"#, "int_from_float", #"["body","num_images"]"#, nil),
            (
                "fal-ai/flux/dev", #"{"prompt": "x", "output_format": "gif"}"#, "literal_error",
                #"["body","output_format"]"#, #"{"expected":"'jpeg' or 'png'"}"#
            ),
            (
                "fal-ai/flux/dev", #"{"prompt": "x", "image_size": {"width": 0, "height": 9}}"#, "greater_than",
                #"["body","image_size","width"]"#, #"{"gt":0}"#
            ),
            (
                "fal-ai/flux/dev", #"{"prompt": "x", "image_size": {"width": 9, "height": 20000}}"#, "less_than_equal",
                #"["body","image_size","height"]"#, #"{"le":14142}"#
            ),
            ("fal-ai/flux/schnell", #"{"prompt": "x", "num_inference_steps": 13}"#, "less_than_equal", #"["body","num_inference_steps"]"#, #"{"le":12}"#),
            (
                "openai/gpt-image-2", #"{"prompt": "x", "image_size": {"width": 1025, "height": 1024}}"#, "multiple_of",
                #"["body","image_size","width"]"#, #"{"multiple_of":16}"#
            ),
            ("fal-ai/nano-banana/edit", #"{"prompt": "x"}"#, "missing", #"["body","image_urls"]"#, nil),
            ("fal-ai/nano-banana/edit", #"{"prompt": "x", "image_urls": "https://a/b.png"}"#, "list_type", #"["body","image_urls"]"#, nil),
            ("fal-ai/nano-banana/edit", #"{"prompt": "x", "image_urls": []}"#, "too_short", #"["body","image_urls"]"#, #"{"min_length":1}"#),
            (
                "fal-ai/nano-banana/edit", #"{"prompt": "x", "image_urls": ["https://a/b.png", "b.png"]}"#, "file_download_error",
                #"["body","image_urls",1]"#, nil
            ),
            ("fal-ai/flux-pro/kontext", #"{"prompt": "x", "image_url": "data:image/png;base64,aGVsbG8="}"#, "image_load_error", #"["body","image_url"]"#, nil),
            ("fal-ai/flux-pro/kontext", #"{"prompt": "x", "image_url": "data:image/png,iVBORw=="}"#, "image_load_error", #"["body","image_url"]"#, nil),
            ("fal-ai/flux-pro/v1.1-ultra", #"{"prompt": "x", "image_url": 7}"#, "string_type", #"["body","image_url"]"#, nil),
        ] as [(String, String, String, String, String?)])
    func problems(endpoint: String, body: String, type: String, location: String, context: String?) throws {
        let problems = try input(endpoint, body).problems
        #expect(problems.count == 1)
        #expect(problems.first?["type"]?.stringValue == type)
        #expect(problems.first?["loc"]?.description == location)
        #expect(problems.first?["ctx"]?.description == context)
        #expect(problems.first?["url"]?.stringValue == "https://docs.fal.ai/errors/#\(type)")
    }

    @Test("what is known of a picture is what its bytes are")
    func pictures() throws {
        let body = #"{"prompt": "x", "image_urls": ["data:image/png;base64,iVBORw==", "https://a/b.png"], "mask_url": "data:image/webp;base64,UklGRgAAAABXRUJQ"}"#
        let input = try input("openai/gpt-image-2/edit", body)
        #expect(input.problems.isEmpty)
        #expect(input.pictures.map(\.field) == ["image_urls[0]", "mask_url"])
        #expect(input.pictures.map(\.contentType) == ["image/png", "image/webp"])
        #expect(input.pictures.map(\.bytes) == [4, 12])
        var hash = Fingerprint()
        hash.update([0x89, 0x50, 0x4E, 0x47])
        #expect(input.pictures.first?.hash == hash.value)
        // A model that takes no pictures leaves such fields alone.
        #expect(try self.input("fal-ai/flux/dev", #"{"prompt": "x", "image_url": 7}"#).problems.isEmpty)
    }

    @Test("a size in the wrong style is ignored, not refused")
    func wrongStyle() throws {
        #expect(try input("fal-ai/ideogram/v3", #"{"prompt": "x", "aspect_ratio": "nonsense"}"#).problems.isEmpty)
        #expect(try input("fal-ai/recraft/v3/text-to-image", #"{"prompt": "x", "num_images": 99}"#).images == 1)
    }

    @Test(
        "fal bills by picture, by started megapixel or by tier",
        arguments: [
            ("fal-ai/flux/dev", #"{"image_size": "square_hd"}"#, 2, "2"),
            ("fal-ai/flux/dev", #"{"image_size": {"width": 1025, "height": 1024}}"#, 1, "2"),
            ("fal-ai/imagen4/preview", #"{"resolution": "2K"}"#, 3, "3"),
            ("fal-ai/nano-banana-pro", #"{"resolution": "4K"}"#, 2, "4"),
            ("fal-ai/ideogram/v3", #"{"rendering_speed": "TURBO"}"#, 3, "1.5"),
            ("fal-ai/recraft/v3/text-to-image", #"{"style": "vector_illustration/engraving"}"#, 1, "2"),
        ])
    func units(endpoint: String, body: String, images: Int, expected: String) throws {
        let input = try input(endpoint, body, prompt: "x")
        #expect(input.units(for: images, of: input.size).decimal == expected)
    }

    @Test("prices are exact to a billionth of a dollar, halves rounded up")
    func prices() throws {
        let price = try #require(UnitPrice(dollars: "0.0398"))
        #expect(price.times(Units(3)) == 119_400_000)
        #expect(UnitPrice(dollars: "0.000000001")?.times(try #require(Units(decimal: "0.5"))) == 1)
        #expect(UnitPrice(dollars: "0.000000001")?.times(try #require(Units(decimal: "0.499999"))) == 0)
        #expect(Decimals.text(119_400_000, places: 9) == "0.1194")
        #expect(Decimals.text(-5, places: 6) == "-0.000005")
        #expect(Decimals.text(2_000_000, places: 6) == "2")
        #expect(["", ".", "1.", ".5", "1e3", "-1", "99999999999999"].allSatisfy { Units(decimal: $0) == nil })
    }

    @Test("a picture's address says all about it, and a changed one says nothing")
    func addresses() throws {
        let image = ImageSpecification(
            format: .webp, width: 1368, height: 14_142, colour: Colour(hue: 3), padding: 70_000_000)
        let path = PictureAddress.path(of: image, owner: "id 1/2", number: 3)
        let parts = path.split(separator: "/")
        #expect(parts.count == 4)
        let name = PercentEncoding.decode(parts[3])
        let read = try #require(PictureAddress.read(hex: String(parts[2]), name: name))
        #expect(read.image == image)
        #expect(read.owner == "id 1/2")
        let other = String(parts[2].dropLast(3)) + "123"
        #expect(PictureAddress.read(hex: other, name: name) == nil)
        #expect(PictureAddress.read(hex: String(parts[2]), name: "x_0.png") == nil)
    }

    private func input(_ endpoint: String, _ body: String, prompt: String? = nil) throws -> ModelInput {
        var object = try #require(try JSON.parse(body).objectValue)
        if let prompt { object["prompt"] = .string(prompt) }
        let model = EndpointModel.table[endpoint] ?? .generic
        for field in model.required where prompt != nil && object[field] == nil {
            object[field] = field.hasSuffix("_urls") ? ["https://example.com/x.png"] : "https://example.com/x.png"
        }
        return ModelInput(object, for: model)
    }
}
