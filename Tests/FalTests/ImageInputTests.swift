import JSON
import Testing

@testable import Fal

@Suite("Input images") struct ImageInputTests {
    private func input(
        _ id: String, images: [String] = [], mask: String? = nil, extra: JSONObject = [:]
    ) throws -> String {
        let parameters = ImageParameters(prompt: "x", extra: extra, images: images, mask: mask)
        try profile(id).checkCompleteness(of: parameters)
        let plan = try profile(id).plan(parameters)
        return String(decoding: plan.calls[0].input.serialized(), as: UTF8.self)
    }

    @Test("images become the endpoint's own parameters", arguments: [
        ("fal-ai/flux-pro/kontext", ["a"], nil, #"{"prompt":"x","image_url":"a"}"#),
        ("fal-ai/nano-banana/edit", ["a"], nil, #"{"prompt":"x","image_urls":["a"]}"#),
        ("fal-ai/nano-banana/edit", ["a", "b"], nil, #"{"prompt":"x","image_urls":["a","b"]}"#),
        ("fal-ai/omnigen-v2", ["a", "b", "c"], nil, #"{"prompt":"x","input_image_urls":["a","b","c"]}"#),
        ("openai/gpt-image-2/edit", ["a"], "m", #"{"prompt":"x","image_urls":["a"],"mask_url":"m"}"#),
        ("fal-ai/ideogram/v3/edit", ["a"], "m", #"{"prompt":"x","image_url":"a","mask_url":"m"}"#),
        ("fal-ai/flux-pro/v1.1-ultra", ["a"], nil, #"{"prompt":"x","image_url":"a"}"#),
        ("fal-ai/flux-pro/v1.1-ultra", [], nil, #"{"prompt":"x"}"#),
        ("fal-ai/omnigen-v2", [], nil, #"{"prompt":"x"}"#),
    ] as [(String, [String], String?, String)])
    func parameters(id: String, images: [String], mask: String?, sent: String) throws {
        #expect(try input(id, images: images, mask: mask) == sent)
    }

    @Test("what the endpoint cannot take, or has to have, is refused", arguments: [
        ("fal-ai/flux/dev", ["a"], nil, .imagesNotTaken),
        ("fal-ai/nano-banana", ["a"], nil, .imagesNotTaken),
        ("fal-ai/flux-pro/kontext", ["a", "b"], nil, .tooManyImages(given: 2, most: 1)),
        ("fal-ai/omnigen-v2", ["a", "b", "c", "d"], nil, .tooManyImages(given: 4, most: 3)),
        ("openai/gpt-image-2/edit", Array(repeating: "a", count: 17), nil, .tooManyImages(given: 17, most: 16)),
        ("fal-ai/flux-pro/kontext", [], nil, .imageMissing),
        ("fal-ai/nano-banana/edit", [], nil, .imageMissing),
        ("fal-ai/flux-lora-depth", [], nil, .imageMissing),
        ("fal-ai/ideogram/v3/edit", ["a"], nil, .maskMissing),
        ("fal-ai/flux-pro/kontext", ["a"], "m", .maskNotTaken),
        ("fal-ai/flux/dev", [], "m", .maskNotTaken),
    ] as [(String, [String], String?, PlanRefusal)])
    func refusals(id: String, images: [String], mask: String?, refusal: PlanRefusal) {
        #expect(throws: refusal) { try input(id, images: images, mask: mask) }
    }

    @Test("fal's own parameter wins, whatever is in it")
    func ownParameter() throws {
        #expect(try input("fal-ai/flux-pro/kontext", images: ["a", "b"], extra: ["image_url": "own"]) == #"{"prompt":"x","image_url":"own"}"#)
        #expect(try input("fal-ai/flux-pro/kontext", extra: ["image_url": 7]) == #"{"prompt":"x","image_url":7}"#)
        #expect(try input("fal-ai/nano-banana/edit", images: ["a"], extra: ["image_urls": ["own"]]) == #"{"prompt":"x","image_urls":["own"]}"#)
        #expect(try input("fal-ai/ideogram/v3/edit", mask: "m", extra: ["mask_url": "own", "image_url": "a"])
            == #"{"prompt":"x","mask_url":"own","image_url":"a"}"#)
        #expect(throws: PlanRefusal.imageMissing) { try input("fal-ai/flux-pro/kontext", extra: ["image_url": nil]) }
    }

    @Test("another endpoint's parameter for the same thing is translated", arguments: [
        ("fal-ai/nano-banana/edit", ["image_url": "a"], #"{"prompt":"x","image_urls":["a"]}"#),
        ("fal-ai/flux-pro/kontext", ["image_urls": ["a"]], #"{"prompt":"x","image_url":"a"}"#),
        ("fal-ai/omnigen-v2", ["image_urls": ["a", "b"]], #"{"prompt":"x","input_image_urls":["a","b"]}"#),
        // A style reference of ideogram's is not the image to edit.
        ("fal-ai/ideogram/v3/edit", ["image_url": "a", "mask_url": "m", "image_urls": ["s"]], #"{"prompt":"x","image_url":"a","mask_url":"m","image_urls":["s"]}"#),
        ("fal-ai/flux/dev", ["image_url": "a"], #"{"prompt":"x","image_url":"a"}"#),
    ] as [(String, JSONObject, String)])
    func translated(id: String, extra: JSONObject, sent: String) throws {
        #expect(try input(id, extra: extra) == sent)
        #expect(throws: PlanRefusal.tooManyImages(given: 2, most: 1)) {
            try input("fal-ai/flux-pro/kontext", extra: ["image_urls": ["a", "b"]])
        }
    }

    @Test("an endpoint without a row gets both names")
    func unlistedEndpoint() throws {
        let parameters = ImageParameters(prompt: "x", images: ["a", "b"], mask: "m")
        #expect(try unlisted().plan(parameters).calls[0].input
            == ["prompt": "x", "image_url": "a", "image_urls": ["a", "b"], "mask_url": "m"])
        #expect(try unlisted().plan(ImageParameters(prompt: "x")).calls[0].input == ["prompt": "x"])
    }

    @Test("a model that needs a prompt is refused without one", arguments: [
        ("fal-ai/flux-pro/kontext", true), ("fal-ai/nano-banana/edit", true), ("fal-ai/birefnet/v2", false),
        ("fal-ai/clarity-upscaler", false), ("fal-ai/ideogram/v3/reframe", false),
    ])
    func prompt(id: String, needed: Bool) throws {
        let check = { try profile(id).checkCompleteness(of: ImageParameters(prompt: nil, images: ["a"])) }
        if needed {
            #expect(throws: PlanRefusal.promptMissing, performing: check)
            try profile(id).checkCompleteness(of: ImageParameters(prompt: nil, extra: ["prompt": "x"], images: ["a"]))
        } else {
            try check()
        }
    }

    @Test("an operator's default image gives way to the caller's")
    func defaults() throws {
        let ultra = profile("fal-ai/flux-pro/v1.1-ultra")
        let defaults: JSONObject = ["image_url": "operator's"]
        let input = { (images: [String]) in
            try ultra.plan(ImageParameters(prompt: nil, images: images).completed(with: defaults, for: ultra)).calls[0].input
        }
        #expect(try input(["mine"]) == ["image_url": "mine"])
        #expect(try input([]) == ["image_url": "operator's"])
    }

    @Test("every call of a request works on the images")
    func everyCall() throws {
        let plan = try profile("fal-ai/flux-pro/kontext").plan(ImageParameters(prompt: "x", count: 6, images: ["a"]))
        #expect(plan.calls.count > 1)
        #expect(plan.calls.allSatisfy { $0.input["image_url"] == "a" })
    }

    @Test("the endpoint that edits has a row, takes images, and makes what the other makes", arguments: ProfileCatalog.builtIn.all.filter { $0.edit != nil })
    func siblings(profile: EndpointProfile) throws {
        let edit = try #require(profile.edit.flatMap { ProfileCatalog.builtIn[$0] })
        #expect(edit.task == "image-edit")
        #expect(edit.imageInput?.isRequired == true)
        #expect(edit.edit == nil)
        #expect(profile.imageInput?.isRequired != true)
    }

    @Test("where edits go is part of a description")
    func described() {
        for (id, edit) in [("fal-ai/nano-banana", "fal-ai/nano-banana/edit"), ("fal-ai/flux-pro/kontext", "fal-ai/flux-pro/kontext")] {
            #expect(profile(id).described(price: .unknown)["edit_endpoint"] == .string(edit))
        }
        #expect(profile("fal-ai/flux/dev").described(price: .unknown)["edit_endpoint"] == .null)
    }

    @Test("input_fidelity is dropped where no model has it, and told where it would have been seen")
    func fidelity() throws {
        for (value, effect) in [("high", DroppedParameter.Effect.visible), ("low", .none)] {
            let wanted = ImageParameters(prompt: "x", wishes: ["input_fidelity": .string(value)], images: ["a"])
            let plan = try profile("fal-ai/nano-banana/edit").plan(wanted)
            #expect(plan.dropped == [DroppedParameter(name: "input_fidelity", effect: effect)])
        }
    }

    @Test("a number where a model has a list of texts becomes its text")
    func spelling() throws {
        #expect(try input("fal-ai/flux-pro/v1.1", extra: ["safety_tolerance": 2]) == #"{"prompt":"x","safety_tolerance":"2"}"#)
        #expect(try input("fal-ai/flux-pro/v1.1", extra: ["safety_tolerance": 9]) == #"{"prompt":"x","safety_tolerance":9}"#)
    }
}
