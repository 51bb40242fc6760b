import JSON
import Testing

@testable import Fal

@Suite("Size on an endpoint") struct SizeMappingTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let endpoint: String
        let size: String
        /// The size parameters of the input, as JSON.
        let sent: String
        let note: String?
        var testDescription: String { "\(endpoint) \(size)" }

        init(_ endpoint: String, _ size: String, _ sent: String, _ note: String?) {
            self.endpoint = endpoint
            self.size = size
            self.sent = sent
            self.note = note
        }
    }

    static let rows: [Row] = [
        // image_size: the exact preset or the exact object.
        Row("fal-ai/flux/dev", "1024x1024", #"{"image_size":"square_hd"}"#, "1024x1024 -> image_size square_hd"),
        Row("fal-ai/flux/dev", "512x512", #"{"image_size":"square"}"#, "512x512 -> image_size square"),
        Row("fal-ai/flux/dev", "1792x1024", #"{"image_size":{"width":1792,"height":1024}}"#, "1792x1024 -> image_size 1792x1024"),
        Row("fal-ai/flux/dev", "1024x576", #"{"image_size":"landscape_16_9"}"#, "1024x576 -> image_size landscape_16_9"),
        Row("fal-ai/flux/dev", "600x800", #"{"image_size":{"width":600,"height":800}}"#, "600x800 -> image_size 600x800"),
        Row("fal-ai/flux/dev", "portrait_4_3", #"{"image_size":"portrait_4_3"}"#, "portrait_4_3 -> image_size portrait_4_3"),
        Row("fal-ai/flux/dev", "16:9", #"{"image_size":"landscape_16_9"}"#, "16:9 -> image_size landscape_16_9"),
        Row("fal-ai/flux/dev", "1:1", #"{"image_size":"square_hd"}"#, "1:1 -> image_size square_hd"),
        Row("fal-ai/flux/dev", "3:2", #"{"image_size":{"width":1248,"height":832}}"#, "3:2 -> image_size 1248x832"),
        Row("fal-ai/flux/dev", "auto", "{}", nil),
        Row("fal-ai/flux/dev", "auto_2K", "{}", "auto_2K -> not taken by this model"),
        // Limits are kept and told.
        Row("fal-ai/bytedance/seedream/v3/text-to-image", "256x256", #"{"image_size":{"width":512,"height":512}}"#, "256x256 -> image_size 512x512"),
        Row("fal-ai/bytedance/seedream/v3/text-to-image", "3840x2160", #"{"image_size":{"width":2048,"height":1152}}"#, "3840x2160 -> image_size 2048x1152"),
        Row("openai/gpt-image-2", "1000x1000", #"{"image_size":{"width":1008,"height":1008}}"#, "1000x1000 -> image_size 1008x1008"),
        Row("openai/gpt-image-2", "auto", #"{"image_size":"auto"}"#, "auto -> image_size auto"),
        Row("bytedance/seedream/v5/lite/text-to-image", "auto_3K", #"{"image_size":"auto_3K"}"#, "auto_3K -> image_size auto_3K"),
        Row("bytedance/seedream/v5/lite/text-to-image", "3:2", #"{"image_size":{"width":2496,"height":1664}}"#, "3:2 -> image_size 2496x1664"),
        // aspect_ratio: the nearest shape. The last three are what LiteLLM turns into landscapes.
        Row("fal-ai/flux-pro/v1.1-ultra", "1792x1024", #"{"aspect_ratio":"16:9"}"#, "1792x1024 -> aspect_ratio 16:9"),
        Row("fal-ai/flux-pro/v1.1-ultra", "1024x1792", #"{"aspect_ratio":"9:16"}"#, "1024x1792 -> aspect_ratio 9:16"),
        Row("fal-ai/flux-pro/v1.1-ultra", "1536x1024", #"{"aspect_ratio":"3:2"}"#, "1536x1024 -> aspect_ratio 3:2"),
        Row("fal-ai/flux-pro/v1.1-ultra", "876x2048", #"{"aspect_ratio":"9:21"}"#, "876x2048 -> aspect_ratio 9:21"),
        Row("fal-ai/flux-pro/v1.1-ultra", "600x800", #"{"aspect_ratio":"3:4"}"#, "600x800 -> aspect_ratio 3:4"),
        Row("fal-ai/flux-pro/v1.1-ultra", "896x1152", #"{"aspect_ratio":"3:4"}"#, "896x1152 -> aspect_ratio 3:4"),
        Row("fal-ai/flux-pro/v1.1-ultra", "1000x1100", #"{"aspect_ratio":"1:1"}"#, "1000x1100 -> aspect_ratio 1:1"),
        Row("fal-ai/flux-pro/v1.1-ultra", "5:4", #"{"aspect_ratio":"5:4"}"#, "5:4 -> aspect_ratio 5:4"),
        Row("fal-ai/flux-pro/v1.1-ultra", "landscape_4_3", #"{"aspect_ratio":"4:3"}"#, "landscape_4_3 -> aspect_ratio 4:3"),
        Row("fal-ai/flux-pro/v1.1-ultra", "auto", "{}", nil),
        Row("fal-ai/flux-pro/kontext", "5:4", #"{"aspect_ratio":"4:3"}"#, "5:4 -> aspect_ratio 4:3"),
        Row("bria/text-to-image/3.2", "1152x896", #"{"aspect_ratio":"5:4"}"#, "1152x896 -> aspect_ratio 5:4"),
        Row("fal-ai/ideogram/v2", "1000x625", #"{"aspect_ratio":"16:10"}"#, "1000x625 -> aspect_ratio 16:10"),
        Row("fal-ai/flux-kontext/dev", "1024x1024", #"{"resolution_mode":"1:1"}"#, "1024x1024 -> resolution_mode 1:1"),
        Row("fal-ai/flux-kontext/dev", "auto", #"{"resolution_mode":"auto"}"#, "auto -> resolution_mode auto"),
        Row("fal-ai/nano-banana-2", "auto", #"{"aspect_ratio":"auto"}"#, "auto -> aspect_ratio auto"),
        // resolution: the smallest tier that is enough, unsaid where it is the default.
        Row("fal-ai/nano-banana-2", "512x512", #"{"aspect_ratio":"1:1","resolution":"0.5K"}"#, "512x512 -> aspect_ratio 1:1, resolution 0.5K"),
        Row("fal-ai/nano-banana-2", "1024x1024", #"{"aspect_ratio":"1:1"}"#, "1024x1024 -> aspect_ratio 1:1"),
        Row("fal-ai/nano-banana-2", "1280x720", #"{"aspect_ratio":"16:9"}"#, "1280x720 -> aspect_ratio 16:9"),
        Row("fal-ai/nano-banana-2", "1792x1024", #"{"aspect_ratio":"16:9","resolution":"2K"}"#, "1792x1024 -> aspect_ratio 16:9, resolution 2K"),
        Row("fal-ai/nano-banana-2", "3840x2160", #"{"aspect_ratio":"16:9","resolution":"4K"}"#, "3840x2160 -> aspect_ratio 16:9, resolution 4K"),
        Row("fal-ai/nano-banana-2", "auto_4K", #"{"resolution":"4K"}"#, "auto_4K -> resolution 4K"),
        Row("fal-ai/imagen4/preview", "3840x2160", #"{"aspect_ratio":"16:9","resolution":"2K"}"#, "3840x2160 -> aspect_ratio 16:9, resolution 2K"),
        Row("fal-ai/imagen4/preview", "16:9", #"{"aspect_ratio":"16:9"}"#, "16:9 -> aspect_ratio 16:9"),
        // Literal lists.
        Row("fal-ai/gpt-image-1.5", "1792x1024", #"{"image_size":"1536x1024"}"#, "1792x1024 -> image_size 1536x1024"),
        Row("fal-ai/gpt-image-1.5", "9:16", #"{"image_size":"1024x1536"}"#, "9:16 -> image_size 1024x1536"),
        Row("fal-ai/gpt-image-1.5", "auto", "{}", nil),
        Row("fal-ai/gpt-image-1/text-to-image", "auto", #"{"image_size":"auto"}"#, "auto -> image_size auto"),
        // No say in it.
        Row("fal-ai/clarity-upscaler", "1024x1024", "{}", "1024x1024 -> not taken by this model"),
    ]

    @Test("what a size becomes", arguments: rows)
    func becomes(row: Row) throws {
        let plan = try profile(row.endpoint).plan(ImageParameters(prompt: nil, size: size(row.size)))
        #expect(String(decoding: plan.calls[0].input.serialized(), as: UTF8.self) == row.sent)
        #expect(plan.sizeNote == row.note)
    }

    @Test("a size a model cannot be told is named as dropped")
    func dropped() throws {
        let plan = try profile("fal-ai/clarity-upscaler").plan(ImageParameters(prompt: "x", size: size("1:1")))
        #expect(plan.dropped == [DroppedParameter(name: "size", effect: .visible)])
    }

    @Test("an unlisted endpoint gets pixels and presets as image_size, shapes as aspect_ratio", arguments: [
        ("1024x1024", #"{"image_size":{"width":1024,"height":1024}}"#),
        ("square_hd", #"{"image_size":"square_hd"}"#),
        ("16:9", #"{"aspect_ratio":"16:9"}"#),
        ("auto", "{}"),
    ])
    func unlistedEndpoint(size: String, sent: String) throws {
        let plan = try unlisted().plan(ImageParameters(prompt: nil, size: Fal.ImageSize(size)))
        #expect(String(decoding: plan.calls[0].input.serialized(), as: UTF8.self) == sent)
    }

    @Test("an exact shape is refused where the model cannot make it, and only there")
    func exact() throws {
        let ideogram = profile("fal-ai/ideogram/v2")
        #expect(throws: PlanRefusal.self) {
            try ideogram.plan(ImageParameters(prompt: "x", size: size("1792x1024")), sizes: .exact)
        }
        _ = try ideogram.plan(ImageParameters(prompt: "x", size: size("1920x1080")), sizes: .exact)
        _ = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", size: size("1792x1024")), sizes: .exact)
        #expect(throws: PlanRefusal.self) {
            try profile("fal-ai/bytedance/seedream/v3/text-to-image")
                .plan(ImageParameters(prompt: "x", size: size("8000x100")), sizes: .exact)
        }
    }

    @Test("fal's own parameter wins over size and goes as it is", arguments: [
        ("fal-ai/flux/dev", #"{"image_size":{"width":800,"height":600}}"#),
        ("fal-ai/flux/dev", #"{"image_size":"landscape_16_9"}"#),
        ("fal-ai/flux/dev", #"{"image_size":"nonsense"}"#),
        ("fal-ai/flux-pro/v1.1-ultra", #"{"aspect_ratio":"4:5"}"#),
        ("fal-ai/gpt-image-1.5", #"{"image_size":"1024x1536"}"#),
        ("somebody/new-model", #"{"aspect_ratio":"7:5"}"#),
    ])
    func explicit(endpoint: String, extra: String) throws {
        let value = try #require(try JSON.parse(extra).objectValue)
        let plan = try ProfileCatalog.builtIn.profile(for: Endpoint(endpoint))
            .plan(ImageParameters(prompt: nil, size: size("1024x1024"), extra: value))
        #expect(plan.calls[0].input == value)
        #expect(plan.sizeNote == nil)
    }

    @Test("fal's parameter of another endpoint is understood, and forwarded all the same")
    func foreign() throws {
        let extra: JSONObject = ["image_size": ["width": 800, "height": 600]]
        let plan = try profile("fal-ai/flux-pro/v1.1-ultra")
            .plan(ImageParameters(prompt: nil, size: size("1024x1024"), extra: extra))
        #expect(plan.calls[0].input == ["aspect_ratio": "4:3", "image_size": ["width": 800, "height": 600]])
        #expect(plan.sizeNote == "image_size 800x600 -> aspect_ratio 4:3")
    }

    @Test("an explicit resolution wins over the one that follows from the size")
    func explicitResolution() throws {
        let plan = try profile("fal-ai/nano-banana-2")
            .plan(ImageParameters(prompt: nil, size: size("3840x2160"), extra: ["resolution": "1K"]))
        #expect(plan.calls[0].input == ["aspect_ratio": "16:9", "resolution": "1K"])
        #expect(plan.sizeNote == "3840x2160 -> aspect_ratio 16:9")
    }

    @Test("a ratio and a resolution of fal's own are sent as they are and bound the pixels", arguments: [
        ("4K", 4096), ("0.5K", 512), ("16K", 4096),
    ])
    func explicitRatioAndResolution(tier: String, edge: Int) throws {
        let extra: JSONObject = ["aspect_ratio": "16:9", "resolution": .string(tier)]
        let call = try profile("fal-ai/nano-banana-2").plan(ImageParameters(prompt: nil, extra: extra)).calls[0]
        #expect(call.input == extra)
        #expect(call.pixels == .atMost(edge * edge / 4 * 5))
    }

    @Test("an endpoint that must be told a size is told one")
    func requiredSize() throws {
        let plan = try profile("fal-ai/ideogram/v3/reframe").plan(
            ImageParameters(prompt: nil, extra: ["image_url": "https://example.com/cat.png"]))
        #expect(plan.calls[0].input["image_size"] == "square_hd")
        #expect(plan.sizeNote == "auto -> image_size square_hd")
    }
}
