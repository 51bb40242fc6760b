import JSON
import Money
import Testing

@testable import Fal

@Suite("Price") struct PriceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let endpoint: String
        let size: String?
        let count: Int
        let extra: String
        let cost: String?
        var testDescription: String { "\(endpoint) \(size ?? "-") x\(count) \(extra)" }

        init(_ endpoint: String, _ size: String?, _ count: Int = 1, _ extra: String = "{}", cost: String?) {
            self.endpoint = endpoint
            self.size = size
            self.count = count
            self.extra = extra
            self.cost = cost
        }
    }

    static let rows: [Row] = [
        Row("fal-ai/flux-pro/v1.1-ultra", "1024x1024", 3, cost: "0.18"),
        // A megapixel is 2^20 pixels and every image is rounded up by itself.
        Row("fal-ai/flux/dev", "1024x1024", cost: "0.025"),
        Row("fal-ai/flux/dev", "1025x1024", cost: "0.05"),
        Row("fal-ai/flux/dev", "1536x1024", 2, cost: "0.1"),
        Row("fal-ai/flux/dev", "2048x2048", cost: "0.1"),
        Row("fal-ai/flux/dev", "512x512", 4, cost: "0.1"),
        Row("fal-ai/flux/dev", nil, cost: "0.025"),
        Row("fal-ai/flux/dev", nil, 1, #"{"image_size":{"width":2048,"height":2048}}"#, cost: "0.1"),
        Row("fal-ai/flux/dev", "1024x1024", 1, #"{"image_size":"square"}"#, cost: "0.025"),
        Row("fal-ai/flux/dev", "1024x1024", 2, #"{"num_images":4}"#, cost: "0.1"),
        Row("fal-ai/flux-2-pro", "1024x1024", cost: "0.03"),
        Row("fal-ai/flux-2-pro", "2048x2048", cost: "0.075"),
        // auto_fix may round 1025 up to 1088.
        Row("fal-ai/stable-diffusion-v35-medium", "1000x1000", cost: "0.02"),
        Row("fal-ai/stable-diffusion-v35-medium", "1000x1048", cost: "0.04"),
        // Nothing said and the default unknown: eight megapixels.
        Row("fal-ai/flux-lora-depth", nil, cost: "0.28"),
        Row("fal-ai/flux-lora-depth", "1024x1024", cost: "0.035"),
        // Tiers.
        Row("fal-ai/nano-banana-pro", "1024x1024", cost: "0.15"),
        Row("fal-ai/nano-banana-pro", "3840x2160", cost: "0.3"),
        Row("fal-ai/nano-banana-pro", nil, 2, #"{"resolution":"4K"}"#, cost: "0.6"),
        Row("fal-ai/nano-banana-pro", nil, 2, #"{"enable_web_search":true}"#, cost: "0.33"),
        Row("fal-ai/nano-banana-pro", nil, 1, #"{"resolution":"16K"}"#, cost: "0.3"),
        Row("fal-ai/nano-banana-2", "512x512", cost: "0.06"),
        Row("fal-ai/ideogram/v3", nil, cost: "0.06"),
        Row("fal-ai/ideogram/v3", nil, 1, #"{"rendering_speed":"TURBO"}"#, cost: "0.03"),
        Row("fal-ai/recraft/v3/text-to-image", nil, 2, cost: "0.08"),
        Row("fal-ai/recraft/v3/text-to-image", nil, 1, #"{"style":"vector_illustration/engraving"}"#, cost: "0.08"),
        Row("fal-ai/recraft/v3/text-to-image", nil, 1, #"{"style":"realistic_image/hdr"}"#, cost: "0.04"),
        // Quality and size.
        Row("openai/gpt-image-2", nil, cost: "0.145"),
        Row("openai/gpt-image-2", "1024x1024", 1, #"{"quality":"low"}"#, cost: "0.006"),
        Row("openai/gpt-image-2", "1536x1024", 1, #"{"quality":"medium"}"#, cost: "0.042"),
        Row("openai/gpt-image-2", "1920x1088", 1, #"{"quality":"high"}"#, cost: "0.158"),
        Row("openai/gpt-image-2", "auto", 1, #"{"quality":"low"}"#, cost: "0.012"),
        Row("openai/gpt-image-2", "1024x1024", 1, #"{"quality":"auto"}"#, cost: "0.211"),
        Row("fal-ai/gpt-image-1.5", "1536x1024", 1, #"{"quality":"medium"}"#, cost: "0.05"),
        Row("fal-ai/gpt-image-1.5", "1024x1536", 1, #"{"quality":"medium"}"#, cost: "0.051"),
        // gpt-image-1 rounds the bill of a call up to a cent.
        Row("fal-ai/gpt-image-1/text-to-image", "1024x1024", 1, #"{"quality":"low"}"#, cost: "0.02"),
        Row("fal-ai/gpt-image-1/text-to-image", "1024x1024", 2, #"{"quality":"low"}"#, cost: "0.03"),
        Row("fal-ai/gpt-image-1/text-to-image", nil, cost: "0.25"),
        Row("fal-ai/fast-sdxl", "1024x1024", cost: nil),
        Row("fal-ai/flux-1/schnell", "1024x1024", cost: nil),
        Row("somebody/new-model", "1024x1024", cost: nil),
    ]

    @Test("the largest cost of a request", arguments: rows)
    func maximum(row: Row) throws {
        let extra = try #require(try JSON.parse(row.extra).objectValue)
        let plan = try ProfileCatalog.builtIn.profile(for: Endpoint(row.endpoint)).plan(
            ImageParameters(prompt: "x", count: row.count, size: row.size.map(size), extra: extra))
        #expect(plan.maximumCost == row.cost.map(Nanodollars.dollars))
    }

    @Test("an operator's price an image replaces the rule")
    func perImage() throws {
        let flux = profile("fal-ai/flux/dev")
        let price = flux.price.replaced(perImage: .dollars("0.07"))
        let plan = try flux.plan(ImageParameters(prompt: "x", count: 3, size: size("2048x2048")), price: price)
        #expect(plan.maximumCost == .dollars("0.21"))
        // fal counts megapixels here: four of them are not four images.
        let units = DecimalQuantity("12")
        let cost = price.cost(of: output([nil, nil, nil]), for: plan.calls[0], billableUnits: units)
        #expect(cost == Cost(amount: .dollars("0.21"), basis: .estimated))
        let ultra = profile("fal-ai/flux-pro/v1.1-ultra").price.replaced(perImage: .dollars("0.07"))
        #expect(ultra.cost(billableUnits: DecimalQuantity(2)) == Cost(amount: .dollars("0.14"), basis: .billed))
    }

    @Test("an operator's price a pixel counts whole megapixels, as LiteLLM's does")
    func perPixel() throws {
        let price = Price.unknown.replaced(perPixel: .dollars("2.384185791015625e-08"))
        let plan = try unlisted().plan(ImageParameters(prompt: "x", size: size("1025x1024")), price: price)
        #expect(plan.maximumCost == .dollars("0.05"))
        let small = price.cost(of: output([PixelSize("512x512")]), for: plan.calls[0], billableUnits: nil)
        #expect(small?.amount == .dollars("0.025"))
    }

    @Test("an operator's price by resolution; the other resolutions keep theirs")
    func perResolution() throws {
        func most(_ id: String, _ prices: [String: UnitPrice], _ extra: JSONObject) throws -> Nanodollars? {
            let model = try ProfileCatalog.builtIn.profile(for: Endpoint(id))
            return try model.plan(
                ImageParameters(prompt: "x", count: 2, extra: extra),
                price: model.price.replaced(perImageAtResolution: prices)).maximumCost
        }
        let dear = ["2K": UnitPrice.dollars("0.2"), "4K": .dollars("0.5")]
        // By resolution already: 1K costs what it did, searches are on top as before.
        #expect(try most("fal-ai/nano-banana-pro", dear, ["resolution": "4K"]) == .dollars("1"))
        #expect(try most("fal-ai/nano-banana-pro", dear, [:]) == .dollars("0.3"))
        #expect(try most("fal-ai/nano-banana-pro", dear, ["resolution": "2K", "enable_web_search": true]) == .dollars("0.43"))
        // One price for all of them.
        #expect(try most("fal-ai/imagen4/preview", dear, ["resolution": "2K"]) == .dollars("0.4"))
        #expect(try most("fal-ai/imagen4/preview", dear, [:]) == .dollars("0.1"))
        // No price to keep: the dearest is safe.
        #expect(try most("somebody/model", dear, ["resolution": "2K"]) == .dollars("0.4"))
        #expect(try most("somebody/model", dear, [:]) == .dollars("1"))
    }

    @Test("fal's own count decides where it is known what a unit costs")
    func billed() throws {
        let flux = profile("fal-ai/flux/dev")
        let call = try flux.plan(ImageParameters(prompt: "x", count: 2, size: size("1024x1024"))).calls[0]
        let result = output([PixelSize("1024x1024"), PixelSize("1024x1024")])
        func cost(_ units: String?) -> Cost? {
            flux.price.cost(of: result, for: call, billableUnits: units.flatMap { DecimalQuantity($0) })
        }
        #expect(cost("2") == Cost(amount: .dollars("0.05"), basis: .billed))
        #expect(cost("2.5") == Cost(amount: .dollars("0.0625"), basis: .billed))
        #expect(cost("0") == Cost(amount: .zero, basis: .billed))
        #expect(cost(nil) == Cost(amount: .dollars("0.05"), basis: .estimated))
        #expect(cost("-1") == Cost(amount: .dollars("0.05"), basis: .estimated))
        // Tiers: the unit is not known, but zero is zero.
        let ideogram = profile("fal-ai/ideogram/v3")
        let turbo = try ideogram.plan(ImageParameters(prompt: "x", extra: ["rendering_speed": "TURBO"])).calls[0]
        #expect(ideogram.price.cost(of: output([nil]), for: turbo, billableUnits: DecimalQuantity(7)) == Cost(amount: .dollars("0.03"), basis: .estimated))
        #expect(ideogram.price.cost(of: output([nil]), for: turbo, billableUnits: DecimalQuantity(0)) == Cost(amount: .zero, basis: .billed))
    }

    @Test("a failure that was billed costs what its images would have where fal's unit is not known")
    func failed() throws {
        let (flux, ideogram) = (profile("fal-ai/flux/dev"), profile("fal-ai/ideogram/v3"))
        let two = try flux.plan(ImageParameters(prompt: "x", count: 2, size: size("1024x1024"))).calls[0]
        #expect(flux.price.cost(ofFailed: two, billableUnits: DecimalQuantity(1)) == Cost(amount: .dollars("0.025"), basis: .billed))
        let turbo = try ideogram.plan(ImageParameters(prompt: "x", extra: ["rendering_speed": "TURBO"])).calls[0]
        #expect(ideogram.price.cost(ofFailed: turbo, billableUnits: DecimalQuantity(7)) == Cost(amount: .dollars("0.03"), basis: .estimated))
        #expect(ideogram.price.cost(ofFailed: turbo, billableUnits: DecimalQuantity(0)) == Cost(amount: .zero, basis: .billed))
        #expect(Price.unknown.cost(ofFailed: turbo, billableUnits: DecimalQuantity(7)) == nil)
    }

    @Test("only delivered images are charged, by their real size")
    func delivered() throws {
        let flux = profile("fal-ai/flux/dev")
        let call = try flux.plan(ImageParameters(prompt: "x", count: 4, size: size("2048x2048"))).calls[0]
        let cost = flux.price.cost(of: output([PixelSize("1024x1024"), nil]), for: call, billableUnits: nil)
        #expect(cost == Cost(amount: .dollars("0.125"), basis: .estimated))
    }

    @Test("quality auto is reserved at the dearest and settled at the usual tier")
    func automatic() throws {
        let model = profile("openai/gpt-image-2.5/flare/text-to-image")
        let call = try model.plan(ImageParameters(prompt: "x", size: size("1024x1024"), extra: ["quality": "auto"])).calls[0]
        #expect(model.price.maximumCost(of: call) == .dollars("0.21072"))
        #expect(model.price.cost(of: output([PixelSize("1024x1024")]), for: call, billableUnits: nil)?.amount == .dollars("0.05268"))
    }

    @Test("an unknown price stays unknown, whatever fal counts")
    func unknown() throws {
        let call = try unlisted().plan(ImageParameters(prompt: "x")).calls[0]
        #expect(Price.unknown.cost(of: output([nil]), for: call, billableUnits: DecimalQuantity(3)) == nil)
    }

    @Test("a price beyond all bounds ends at the largest amount and does not trap")
    func overflow() throws {
        let price = Price.unknown.replaced(perImage: .dollars("9000000000"))
        let plan = try unlisted().plan(ImageParameters(prompt: "x", count: 4), price: price)
        #expect(plan.maximumCost == Nanodollars(rawValue: .max))
    }
}

@Suite("Reserved and settled") struct ReservationPropertyTests {
    static let sizes: [ImageSize?] = [nil] + [
        "auto", "256x256", "1000x1000", "1024x1024", "1025x1024", "1366x768", "1024x1792", "2048x2048", "3840x2160",
        "14142x14142", "9:16", "1:1", "21:9", "landscape_16_9", "auto_2K", "auto_4K",
    ].map(size)

    static let extras: [JSONObject] = [
        [:], ["quality": "auto"], ["quality": "low"], ["quality": "max"], ["resolution": "4K"], ["rendering_speed": "QUALITY"],
        ["style": "vector_illustration"], ["enable_web_search": true], ["max_images": 3], ["num_images": 7],
        ["image_size": ["width": 3000, "height": 3000]], ["image_size": "auto"], ["aspect_ratio": "16:9"],
    ]

    @Test("what an honest job costs was reserved before it", arguments: ProfileCatalog.builtIn.all)
    func reserveCovers(profile: EndpointProfile) throws {
        let prices = [
            profile.price, profile.price.replaced(perImage: .dollars("0.05")),
            profile.price.replaced(perPixel: .dollars("2.384185791015625e-08")),
            profile.price.replaced(perImageAtResolution: ["2K": .dollars("0.01")]),
        ]
        let extras = Self.extras.filter { extra in
            extra.keys.allSatisfy { profile.takes($0) || ["image_size", "aspect_ratio", "num_images", "resolution"].contains($0) }
        }
        for wanted in Self.sizes {
            for extra in extras {
                for count in [nil, 10] {
                    let plan = try profile.plan(ImageParameters(prompt: "x", count: count, size: wanted, extra: extra))
                    #expect(plan.maximumCost == nil || plan.maximumCost == sum(plan.calls.map(profile.price.maximumCost)))
                    for call in plan.calls { check(call, prices) }
                }
            }
        }
    }

    private func check(_ call: FalCall, _ prices: [Price]) {
        let image: PixelSize? = if case .exactly(let size) = call.pixels { size } else { nil }
        let result = output(Array(repeating: image, count: call.maximumImages))
        for price in prices {
            let reserved = price.maximumCost(of: call)
            let settled = price.cost(of: result, for: call, billableUnits: nil)?.amount
            let covered = if let reserved, let settled { settled <= reserved } else { reserved == nil && settled == nil && !price.isKnown }
            if !covered { Issue.record("\(call.input): settled \(settled as Any) of \(reserved as Any)") }
        }
    }

    private func sum(_ amounts: [Nanodollars?]) -> Nanodollars? {
        amounts.reduce(.zero) { sum, amount in amount.flatMap { sum?.adding($0) } }
    }
}
