import Fal
import OpenAI
import Testing

@testable import Gateway

@Suite("Where edits go") struct EditRoutingTests {
    private func deployment(_ model: String, _ more: String = "") throws -> Deployment {
        try Routing(configured(modelList(("m", "fal_ai/\(model)", more)))).deployment(for: "m")
    }

    @Test("to the endpoint that edits, or to the model's own", arguments: [
        ("fal-ai/nano-banana", "fal-ai/nano-banana/edit"), ("openai/gpt-image-2", "openai/gpt-image-2/edit"),
        ("openai/gpt-image-2.5/flare/text-to-image", "openai/gpt-image-2.5/flare/edit"),
        ("openai/gpt-image-2.5/sunburst/text-to-image", "openai/gpt-image-2.5/sunburst/edit"),
        ("fal-ai/nano-banana-2", "fal-ai/nano-banana-2/edit"),
        ("fal-ai/flux-pro/kontext/text-to-image", "fal-ai/flux-pro/kontext"),
        ("fal-ai/flux-pro/kontext", "fal-ai/flux-pro/kontext"), ("fal-ai/omnigen-v2", "fal-ai/omnigen-v2"),
        ("fal-ai/flux/dev", "fal-ai/flux/dev"), ("somebody/paints", "somebody/paints"),
    ])
    func endpoints(model: String, edit: String) throws {
        let deployment = try deployment(model)
        #expect(deployment.serving(.generation).endpoint.id == model)
        for kind in [ImageRequest.Kind.edit, .variation] {
            let serving = deployment.serving(kind)
            #expect(serving.endpoint.id == edit)
            #expect(serving.profile.endpoint.id == edit)
            #expect(serving.id == deployment.id)
            #expect(serving.admission === deployment.admission)
        }
    }

    @Test("an id without its owner is completed where that names a known endpoint", arguments: [
        ("gpt-image-2", "openai/gpt-image-2"), ("gpt-image-2/edit", "openai/gpt-image-2/edit"),
        ("flux/schnell", "fal-ai/flux/schnell"), ("nano-banana", "fal-ai/nano-banana"), ("gpt-image-1.5", "fal-ai/gpt-image-1.5"),
        ("somebody", "fal-ai/somebody"), ("somebody/paints", "somebody/paints"),
    ])
    func owners(model: String, endpoint: String) throws {
        #expect(try deployment(model).endpoint.id == endpoint)
        let based = try deployment("acme/picture", "base_model: \(model)")
        #expect(based.endpoint.id == "acme/picture")
        #expect(based.profile.price == (try deployment(model).profile.price))
    }

    @Test("the operator's price is that of edits, too; without one each has its own")
    func prices() throws {
        #expect(try deployment("fal-ai/nano-banana", "output_cost_per_image: 0.5").serving(.edit).price
            == deployment("fal-ai/nano-banana", "output_cost_per_image: 0.5").price)
        let own = try deployment("fal-ai/ideogram/v3")
        #expect(own.serving(.edit).price == own.serving(.edit).profile.price)
    }

    @Test("a model that only behaves like another is not replaced by the other's editor")
    func baseModel() throws {
        let deployment = try deployment("somebody/banana", "base_model: fal-ai/nano-banana")
        #expect(deployment.serving(.edit) === deployment)
    }
}
