import JSON
import Money
import Testing

@testable import Fal

@Suite("Plan") struct PlanTests {
    private func json(_ call: FalCall) -> String { String(decoding: call.input.serialized(), as: UTF8.self) }

    @Test("a full request becomes one call, its parameters in a sensible order")
    func order() throws {
        let plan = try profile("fal-ai/flux/dev").plan(ImageParameters(
            prompt: "a \"cat\"", count: 2, size: size("1792x1024"), wishes: ["output_format": "png", "user": "u1"],
            extra: ["guidance_scale": 3.5, "seed": .number(try #require(JSONNumber(lexeme: "18446744073709551615")))]))
        #expect(plan.calls.map(json) == [
            #"{"prompt":"a \"cat\"","image_size":{"width":1792,"height":1024},"num_images":2,"output_format":"png","guidance_scale":3.5,"seed":18446744073709551615}"#
        ])
        #expect(plan.imageCount == 2)
        #expect(plan.dropped == [DroppedParameter(name: "user", effect: .none)])
        #expect(plan.maximumCost == .dollars("0.1"))
    }

    @Test("images beyond the model's maximum take further calls", arguments: [
        ("fal-ai/flux/dev", 1, [1]), ("fal-ai/flux/dev", 4, [4]), ("fal-ai/flux/dev", 5, [4, 1]),
        ("fal-ai/flux/dev", 10, [4, 4, 2]), ("fal-ai/ideogram/v3", 10, [8, 2]),
        ("fal-ai/imagen4/preview/ultra", 3, [1, 1, 1]), ("fal-ai/recraft/v3/text-to-image", 3, [1, 1, 1]),
        ("openai/gpt-image-2.5/flare/text-to-image", 10, [10]),
    ])
    func batches(id: String, count: Int, sizes: [Int]) throws {
        let plan = try profile(id).plan(ImageParameters(prompt: "x", count: count))
        #expect(plan.calls.map(\.imageCount) == sizes)
        #expect(plan.imageCount == count)
    }

    @Test("the number is sent only where it was asked for and the model has a parameter for it")
    func countIsSent() throws {
        #expect(json(try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x")).calls[0]) == #"{"prompt":"x"}"#)
        #expect(json(try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", count: 1)).calls[0]) == #"{"prompt":"x","num_images":1}"#)
        for call in try profile("fal-ai/ideogram/v2").plan(ImageParameters(prompt: "x", count: 2)).calls {
            #expect(json(call) == #"{"prompt":"x"}"#)
        }
        #expect(json(try unlisted().plan(ImageParameters(prompt: "x", count: 9)).calls[0]) == #"{"prompt":"x","num_images":9}"#)
    }

    @Test("fal's own num_images wins over n, in every form that fal reads as a number", arguments: [
        (#"3"#, 3), (#"3.0"#, 3), (#""3""#, 3), (#"12"#, 12), (#"0"#, 1), (#"-2"#, 1), (#""two""#, 1), (#"[3]"#, 1),
    ])
    func explicitCount(value: String, images: Int) throws {
        let extra: JSONObject = ["num_images": try JSON.parse(value)]
        let plan = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: nil, count: 2, extra: extra))
        #expect(plan.calls.count == 1)
        #expect(json(plan.calls[0]) == #"{"num_images":\#(value)}"#)
        #expect(plan.imageCount == images)
    }

    @Test("num_images makes several calls of a model that makes one image a call")
    func explicitCountOnSingle() throws {
        let plan = try profile("fal-ai/recraft/v3/text-to-image")
            .plan(ImageParameters(prompt: "x", count: 1, extra: ["num_images": 3]))
        #expect(plan.calls.map(json) == Array(repeating: #"{"prompt":"x"}"#, count: 3))
    }

    @Test("what could deliver several times as many images is reserved for")
    func multiplier() throws {
        let plan = try profile("fal-ai/bytedance/seedream/v4/text-to-image")
            .plan(ImageParameters(prompt: "x", count: 2, extra: ["max_images": 3]))
        #expect(plan.calls.map(\.imageCount) == [2])
        #expect(plan.calls.map(\.maximumImages) == [6])
        #expect(plan.maximumCost == .dollars("0.18"))
    }

    @Test("a plan has a hundred calls at most")
    func bounded() throws {
        _ = try profile("fal-ai/ideogram/v2").plan(ImageParameters(prompt: "x", count: 100))
        #expect(throws: PlanRefusal.tooManyCalls(most: 100)) {
            try profile("fal-ai/ideogram/v2").plan(ImageParameters(prompt: "x", count: 101))
        }
    }

    @Test("numbers that no integer or no memory holds are refused, or cost the most there is", arguments: [
        "1000000000000", "9223372036854775807", "4611686018427387904", #""9223372036854775807""#, "1e18",
    ])
    func enormous(number: String) throws {
        let number = try JSON.parse(number)
        let one = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", extra: ["num_images": number]))
        #expect(one.imageCount >= 1_000_000_000_000)
        #expect(one.calls.count == 1)
        #expect(try #require(one.maximumCost) > .dollars("1000"))
        #expect(throws: PlanRefusal.tooManyCalls(most: 100)) {
            try profile("fal-ai/ideogram/v2").plan(ImageParameters(prompt: "x", extra: ["num_images": number]))
        }
        let several = try profile("fal-ai/bytedance/seedream/v4/text-to-image")
            .plan(ImageParameters(prompt: "x", extra: ["num_images": number, "max_images": number]))
        #expect(several.calls.map(\.maximumImages) == [.max])
    }

    @Test("a large count is many calls, or too many")
    func manyCalls() throws {
        let plan = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", count: 398))
        #expect(plan.calls.map(\.imageCount) == Array(repeating: 4, count: 99) + [2])
        #expect(throws: PlanRefusal.tooManyCalls(most: 100)) {
            try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", count: .max))
        }
    }

    @Test("with a seed every call gets its own, counted by the images before it", arguments: [
        ("42", ["42", "46", "50"]), ("9", ["9", "13", "17"]), ("0", ["0", "4", "8"]),
        ("18446744073709551615", ["18446744073709551615", "18446744073709551619", "18446744073709551623"]),
        ("99999999999999999999999999", ["99999999999999999999999999", "100000000000000000000000003", "100000000000000000000000007"]),
        ("-1", ["-1", "-1", "-1"]), ("1.5", ["1.5", "1.5", "1.5"]), (#""x""#, [#""x""#, #""x""#, #""x""#]),
    ])
    func seeds(seed: String, expected: [String]) throws {
        let plan = try profile("fal-ai/flux/dev")
            .plan(ImageParameters(prompt: "x", count: 10, extra: ["seed": try JSON.parse(seed)]))
        #expect(plan.calls.map { $0.input["seed"]?.description } == expected)
    }

    @Test("a seed of a single call stays as it is written")
    func singleSeed() throws {
        let plan = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: nil, extra: ["seed": try JSON.parse("007.0e1".dropFirst(2).description)]))
        #expect(json(plan.calls[0]) == #"{"seed":7.0e1}"#)
    }

    @Test("a model with a fixed seed gets different ones for different calls")
    func fixedSeed() throws {
        let bria = profile("bria/text-to-image/3.2")
        #expect(try bria.plan(ImageParameters(prompt: "x", count: 2)).calls.map { $0.input["seed"]?.intValue } == [5555, 5556])
        #expect(try bria.plan(ImageParameters(prompt: "x")).calls[0].input["seed"] == nil)
    }

    @Test("everything else is forwarded untouched, nulls are left out")
    func forwarded() throws {
        let extra = try #require(try JSON.parse(#"{"a":0,"b":false,"c":"","d":[],"e":{},"f":null,"g":1e400,"loras":[{"path":"x","scale":0.50}]}"#).objectValue)
        let plan = try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: "x", extra: extra))
        #expect(json(plan.calls[0]) == #"{"prompt":"x","a":0,"b":false,"c":"","d":[],"e":{},"g":1e400,"loras":[{"path":"x","scale":0.50}]}"#)
    }

    @Test("the caller's prompt is not replaced")
    func prompt() throws {
        let flux = profile("fal-ai/flux/dev")
        #expect(json(try flux.plan(ImageParameters(prompt: "mine", extra: ["prompt": "other"])).calls[0]) == #"{"prompt":"mine"}"#)
        #expect(json(try flux.plan(ImageParameters(prompt: nil, extra: ["prompt": "other"])).calls[0]) == #"{"prompt":"other"}"#)
    }

    @Test("inline delivery asks for sync_mode where the model has it, and lets an explicit one stand")
    func syncMode() throws {
        let inline = { (id: String, extra: JSONObject) in
            try profile(id).plan(ImageParameters(prompt: nil, extra: extra, delivery: .inline)).calls[0].input
        }
        #expect(try inline("fal-ai/flux/dev", [:]) == ["sync_mode": true])
        #expect(try inline("fal-ai/flux/dev", ["sync_mode": false]) == ["sync_mode": false])
        #expect(try inline("fal-ai/recraft/v3/text-to-image", [:]) == [:])
    }

    @Test("where images are to be fetched again, nobody's sync_mode takes them off fal's CDN", arguments: ["true", "1", #""true""#, "false"])
    func noSyncMode(value: String) throws {
        let extra: JSONObject = ["sync_mode": try JSON.parse(value)]
        for profile in [profile("fal-ai/flux/dev"), unlisted()] {
            let plan = try profile.plan(ImageParameters(prompt: nil, extra: extra))
            #expect(plan.calls[0].input == (value == "false" ? extra : [:]))
            #expect(plan.dropped == (value == "false" ? [] : [DroppedParameter(name: "sync_mode", effect: .none)]))
            let once = try profile.plan(ImageParameters(prompt: nil, extra: extra, delivery: .either))
            #expect(once.calls[0].input == extra && once.dropped.isEmpty)
        }
    }
}

@Suite("Wishes") struct WishTests {
    struct Row: Sendable {
        let endpoint: String
        let wish: String
        let sent: String
        init(_ endpoint: String, _ wish: String, _ sent: String) {
            self.endpoint = endpoint
            self.wish = wish
            self.sent = sent
        }
    }

    static let honoured: [Row] = [
        Row("fal-ai/flux/dev", #"{"output_format":"png"}"#, #"{"output_format":"png"}"#),
        Row("fal-ai/flux/dev", #"{"output_format":"jpg"}"#, #"{"output_format":"jpeg"}"#),
        Row("fal-ai/fast-sdxl", #"{"output_format":"png"}"#, #"{"format":"png"}"#),
        Row("fal-ai/ideogram/v3", #"{"quality":"low"}"#, #"{"rendering_speed":"TURBO"}"#),
        Row("fal-ai/ideogram/v3", #"{"quality":"hd"}"#, #"{"rendering_speed":"QUALITY"}"#),
        Row("openai/gpt-image-2", #"{"quality":"standard"}"#, #"{"quality":"medium"}"#),
        Row("openai/gpt-image-2", #"{"quality":"xhigh"}"#, #"{"quality":"high"}"#),
        Row("openai/gpt-image-2.5/flare/text-to-image", #"{"quality":"xhigh"}"#, #"{"quality":"xhigh"}"#),
        Row("openai/gpt-image-2.5/flare/text-to-image", #"{"background":"transparent","output_compression":80}"#, #"{"background":"transparent","output_compression":80}"#),
        Row("fal-ai/recraft/v3/text-to-image", #"{"style":"digital_illustration"}"#, #"{"style":"digital_illustration"}"#),
        Row("somebody/new-model", #"{"quality":"ultra","style":"vivid","output_format":"tiff"}"#, #"{"quality":"ultra","style":"vivid","output_format":"tiff"}"#),
    ]

    @Test("a wish becomes what the endpoint calls it", arguments: honoured)
    func isHonoured(row: Row) throws {
        let wishes = try #require(try JSON.parse(row.wish).objectValue)
        let plan = try ProfileCatalog.builtIn.profile(for: Endpoint(row.endpoint)).plan(ImageParameters(prompt: nil, wishes: wishes))
        #expect(String(decoding: plan.calls[0].input.serialized(), as: UTF8.self) == row.sent)
        #expect(plan.dropped.isEmpty)
    }

    @Test("a wish that cannot be had is named, with whether it can be seen", arguments: [
        ("fal-ai/flux/dev", "quality", "high", DroppedParameter.Effect.visible),
        ("fal-ai/flux/dev", "quality", "auto", .none),
        ("fal-ai/flux/dev", "quality", "standard", .none),
        ("fal-ai/flux/dev", "style", "vivid", .visible),
        ("fal-ai/flux/dev", "background", "transparent", .visible),
        ("fal-ai/flux/dev", "moderation", "low", .none),
        ("fal-ai/flux/dev", "user", "u-1", .none),
        ("fal-ai/recraft/v3/text-to-image", "style", "vivid", .visible),
        ("fal-ai/recraft/v3/text-to-image", "output_format", "png", .visible),
        ("fal-ai/gpt-image-1.5", "quality", "auto", .none),
        ("somebody/new-model", "user", "u-1", .none),
    ])
    func isDropped(id: String, name: String, value: String, effect: DroppedParameter.Effect) throws {
        let plan = try ProfileCatalog.builtIn.profile(for: Endpoint(id))
            .plan(ImageParameters(prompt: nil, wishes: [name: .string(value)]))
        #expect(plan.dropped == [DroppedParameter(name: name, effect: effect)])
        #expect(plan.calls[0].input.isEmpty)
    }

    @Test("a format the model cannot write is refused with those it can")
    func format() throws {
        #expect(throws: PlanRefusal.format(asked: "webp", possible: ["jpeg", "png"])) {
            try profile("fal-ai/flux/dev").plan(ImageParameters(prompt: nil, wishes: ["output_format": "webp"]))
        }
    }
}

@Suite("Defaults of a deployment") struct DefaultsTests {
    private func input(
        _ id: String, _ said: ImageParameters, defaults: JSONObject
    ) throws -> String {
        let profile = id == unlisted().endpoint.description ? unlisted() : profile(id)
        let input = try profile.plan(said.completed(with: defaults, for: profile)).calls[0].input
        return String(decoding: input.serialized(), as: UTF8.self)
    }

    @Test("they fill in what was not said")
    func fill() throws {
        let said = ImageParameters(prompt: nil, extra: ["seed": 1])
        #expect(try input("fal-ai/flux/dev", said, defaults: ["guidance_scale": 2, "seed": 7, "image_size": "square"])
            == #"{"seed":1,"guidance_scale":2,"image_size":"square"}"#)
        #expect(try input("fal-ai/flux/dev", ImageParameters(prompt: nil), defaults: ["n": 2, "size": "1024x1024"])
            == #"{"image_size":"square_hd","num_images":2}"#)
    }

    @Test("a default never beats the caller, under whichever name")
    func callerWins() throws {
        let sized = ImageParameters(prompt: nil, count: 2, size: size("1024x1024"))
        #expect(try input("fal-ai/flux/dev", sized, defaults: ["image_size": "square", "num_images": 4, "n": 3])
            == #"{"image_size":"square_hd","num_images":2}"#)
        #expect(try input("fal-ai/nano-banana-2", sized, defaults: ["resolution": "4K", "aspect_ratio": "21:9"])
            == #"{"aspect_ratio":"1:1","num_images":2}"#)
        let own = ImageParameters(prompt: nil, extra: ["image_size": "square_hd", "num_images": 2])
        #expect(try input("fal-ai/flux/dev", own, defaults: ["size": "512x512", "n": 4])
            == #"{"image_size":"square_hd","num_images":2}"#)
        let png = ImageParameters(prompt: nil, wishes: ["output_format": "png", "quality": "low"])
        #expect(try input("fal-ai/fast-sdxl", png, defaults: ["format": "jpeg"]) == #"{"format":"png"}"#)
        #expect(try input("fal-ai/ideogram/v2", ImageParameters(prompt: nil, wishes: ["style": "anime"]), defaults: ["style": "design"])
            == #"{"style":"anime"}"#)
    }

    @Test("a default count gives way to the caller's, also on a model that makes one image a call", arguments: ["n", "num_images"])
    func countOfSingles(name: String) throws {
        let recraft = profile("fal-ai/recraft/v3/text-to-image")
        let plan = { (said: ImageParameters) in try recraft.plan(said.completed(with: [name: 2], for: recraft)) }
        #expect(try plan(ImageParameters(prompt: nil, count: 1)).imageCount == 1)
        #expect(try plan(ImageParameters(prompt: nil, count: 3)).imageCount == 3)
        #expect(try plan(ImageParameters(prompt: nil, extra: ["num_images": 1])).imageCount == 1)
        #expect(try plan(ImageParameters(prompt: nil)).imageCount == 2)
    }

    @Test("a wish that the model cannot honour is as if it had not been said")
    func unheardWishes() throws {
        let auto = ImageParameters(prompt: nil, wishes: ["quality": "auto"])
        #expect(try input("fal-ai/gpt-image-1.5", auto, defaults: ["quality": "low"]) == #"{"quality":"low"}"#)
        #expect(try input("fal-ai/ideogram/v3", auto, defaults: ["rendering_speed": "TURBO"]) == #"{"rendering_speed":"TURBO"}"#)
        #expect(try input("fal-ai/ideogram/v3", auto, defaults: ["quality": "low"]) == #"{"rendering_speed":"TURBO"}"#)
        let vivid = ImageParameters(prompt: nil, wishes: ["style": "vivid"])
        #expect(try input("fal-ai/recraft/v3/text-to-image", vivid, defaults: ["style": "digital_illustration"])
            == #"{"style":"digital_illustration"}"#)
        let recraft = profile("fal-ai/recraft/v3/text-to-image")
        #expect(try recraft.plan(vivid.completed(with: ["style": "digital_illustration"], for: recraft)).dropped.map(\.name) == ["style"])
        // One that is honoured still wins, by its own name and by the model's.
        let fine = ImageParameters(prompt: nil, wishes: ["quality": "hd"])
        #expect(try input("fal-ai/ideogram/v3", fine, defaults: ["rendering_speed": "TURBO", "quality": "low"])
            == #"{"rendering_speed":"QUALITY"}"#)
    }

    @Test("a default resolution gives way to a resolution, a default shape to a shape", arguments: [
        (#"{"size":"16:9"}"#, #"{"resolution":"2K"}"#, #"{"aspect_ratio":"16:9","resolution":"2K"}"#),
        (#"{"aspect_ratio":"16:9"}"#, #"{"resolution":"2K"}"#, #"{"aspect_ratio":"16:9","resolution":"2K"}"#),
        (#"{"size":"auto"}"#, #"{"resolution":"2K"}"#, #"{"aspect_ratio":"auto","resolution":"2K"}"#),
        (#"{"size":"auto"}"#, #"{"size":"16:9"}"#, #"{"aspect_ratio":"16:9"}"#),
        (#"{"resolution":"4K"}"#, #"{"aspect_ratio":"16:9"}"#, #"{"resolution":"4K","aspect_ratio":"16:9"}"#),
        (#"{"resolution":"4K"}"#, #"{"size":"16:9"}"#, #"{"aspect_ratio":"16:9","resolution":"4K"}"#),
        (#"{"size":"1024x1024"}"#, #"{"resolution":"2K","aspect_ratio":"16:9"}"#, #"{"aspect_ratio":"1:1"}"#),
        (#"{"size":"square_hd"}"#, #"{"resolution":"2K"}"#, #"{"aspect_ratio":"1:1"}"#),
        (#"{"size":"auto_2K"}"#, #"{"aspect_ratio":"16:9"}"#, #"{"resolution":"2K","aspect_ratio":"16:9"}"#),
        (#"{"size":"auto_4K"}"#, #"{"aspect_ratio":"16:9","resolution":"2K"}"#, #"{"resolution":"4K","aspect_ratio":"16:9"}"#),
        (#"{"size":"auto_4K"}"#, #"{"size":"16:9"}"#, #"{"resolution":"4K","aspect_ratio":"16:9"}"#),
        (#"{"size":"16:9"}"#, #"{"size":"auto_4K"}"#, #"{"aspect_ratio":"16:9","resolution":"4K"}"#),
        (#"{"aspect_ratio":"16:9"}"#, #"{"size":"auto_4K"}"#, #"{"aspect_ratio":"16:9","resolution":"4K"}"#),
        (#"{"size":"1024x1024"}"#, #"{"size":"auto_4K","image_size":"auto"}"#, #"{"aspect_ratio":"1:1"}"#),
        (#"{"size":"16:9"}"#, #"{"size":"auto","image_size":"auto"}"#, #"{"aspect_ratio":"16:9"}"#),
        (#"{"resolution":"4K"}"#, #"{"size":"1024x1024"}"#, #"{"resolution":"4K"}"#),
        (#"{"resolution":"4K"}"#, #"{"resolution":"2K"}"#, #"{"resolution":"4K"}"#),
    ])
    func sizeAspects(said: String, defaults: String, sent: String) throws {
        #expect(try self.sent(to: "fal-ai/nano-banana-pro", said: said, defaults: defaults) == sent)
    }

    @Test("a number of pixels that a model cannot be told is named as left out", arguments: [
        "fal-ai/flux/dev", "fal-ai/nano-banana", "fal-ai/gpt-image-1.5",
    ])
    func pixelsNotTaken(endpoint: String) throws {
        let plan = try profile(endpoint).plan(ImageParameters(prompt: nil, size: .preset("auto_4K")))
        #expect(plan.dropped == [DroppedParameter(name: "size", effect: .visible)])
        #expect(plan.sizeNote == "auto_4K -> not taken by this model")
        #expect(try profile("fal-ai/nano-banana-pro").plan(ImageParameters(prompt: nil, size: .preset("auto_4K"))).dropped.isEmpty)
    }

    @Test("where one parameter says both, no default takes the place of the caller's size", arguments: [
        ("fal-ai/bytedance/seedream/v4/text-to-image", #"{"size":"1024x1536"}"#, #"{"image_size":"auto"}"#),
        ("fal-ai/bytedance/seedream/v4/text-to-image", #"{"size":"16:9"}"#, #"{"image_size":"auto_2K"}"#),
        ("fal-ai/bytedance/seedream/v4/text-to-image", #"{"size":"auto_4K"}"#, #"{"aspect_ratio":"16:9"}"#),
        ("fal-ai/gpt-image-1.5", #"{"size":"1024x1536"}"#, #"{"size":"auto","image_size":"auto"}"#),
        ("openai/gpt-image-2", #"{"size":"1024x1536"}"#, #"{"image_size":"auto"}"#),
        ("somebody/new-model/v1", #"{"size":"auto_2K"}"#, #"{"aspect_ratio":"16:9","size":"1:1"}"#),
    ])
    func defaultsBesideOneParameter(endpoint: String, said: String, defaults: String) throws {
        #expect(try sent(to: endpoint, said: said, defaults: defaults) == sent(to: endpoint, said: said, defaults: "{}"))
        #expect(try sent(to: endpoint, said: "{}", defaults: defaults) != "{}")
    }

    private func sent(to endpoint: String, said: String, defaults: String) throws -> String {
        var extra = try #require(try JSON.parse(said).objectValue)
        let size = extra.removeValue(forKey: "size")?.stringValue.flatMap { ImageSize($0) }
        let defaults = try #require(try JSON.parse(defaults).objectValue)
        return try input(endpoint, ImageParameters(prompt: nil, size: size, extra: extra), defaults: defaults)
    }
}
