import JSON
import Money
import Testing

@testable import Fal

@Suite("The description of an endpoint") struct DescriptionTests {
    private func described(_ id: String) -> JSONObject {
        let profile = profile(id)
        return profile.described(price: profile.price)
    }

    @Test("every row has a whole description, in one order", arguments: ProfileCatalog.builtIn.all)
    func whole(profile: EndpointProfile) throws {
        let description = profile.described(price: profile.price)
        #expect(description.keys == unlisted().described(price: .unknown).keys)
        let sizes = try #require(description["size"]?["openai_sizes"]?.objectValue)
        #expect(sizes.keys == SizeRule.openAISizes)
        let parameters = try #require(description["fal_parameters"]?.objectValue)
        #expect(Set(parameters.keys).count == parameters.count)
        for name in profile.required { #expect(parameters.contains(name)) }
        for name in profile.parameters { #expect(parameters.contains(name)) }
        for name in profile.choices.keys { #expect(parameters[name]?["values"] != nil) }
    }

    @Test("a size is described as it would be sent", arguments: ProfileCatalog.builtIn.all)
    func sizes(profile: EndpointProfile) throws {
        let sizes = try #require(profile.described(price: .unknown)["size"]?["openai_sizes"]?.objectValue)
        for (text, value) in sizes.members {
            var input = try profile.plan(ImageParameters(prompt: nil, size: size(text))).calls[0].input
            input["prompt"] = nil
            #expect(value["sent"] == .object(input), "\(text)")
        }
    }

    @Test("what a size becomes, where it is known and where it is not")
    func makes() {
        let makes = { (id: String, size: String) in self.described(id)["size"]?["openai_sizes"]?[size]?["makes"] }
        #expect(makes("fal-ai/flux/dev", "1792x1024") == "1792x1024")
        #expect(makes("fal-ai/nano-banana", "1792x1024") == "16:9")
        #expect(makes("fal-ai/nano-banana-pro", "1792x1024") == "16:9 at 2K")
        #expect(makes("fal-ai/nano-banana-pro", "auto") == "the model's choice")
        #expect(makes("fal-ai/gpt-image-1.5", "1792x1024") == "1536x1024")
        #expect(makes("fal-ai/ideogram/v3/edit", "1792x1024") == "the model's choice")
    }

    @Test("prices keep their digits, their source and their date")
    func prices() throws {
        let flux = try #require(described("fal-ai/flux/dev")["price"])
        #expect(flux["usd"] == "0.025")
        #expect(flux["unit"] == "megapixel")
        #expect(flux["date"] == "2026-04-17")
        let banana = try #require(described("fal-ai/nano-banana-pro")["price"])
        #expect(banana["rates"]?["4K"] == "0.3")
        #expect(banana["surcharges"]?["enable_web_search"] == "0.015")
        #expect(described("fal-ai/gpt-image-1/text-to-image")["price"]?["rounded_up_to"] == "0.01")
        #expect(described("fal-ai/flux-2-pro")["price"]?["further_usd"] == "0.015")
        let own = profile("fal-ai/flux/dev").price.replaced(perImage: .dollars("0.1"))
        #expect(profile("fal-ai/flux/dev").described(price: own)["price"] == .object(
            ["unit": "image", "usd": "0.1", "source": "configuration", "date": nil]))
    }

    @Test("OpenAI's parameters are listed where they do something")
    func openAI() {
        #expect(profile("fal-ai/flux/dev").supportedOpenAIParameters
            == ["n", "size", "response_format", "output_format", "user"])
        let ideogram = described("fal-ai/ideogram/v3")["openai_parameters"]
        #expect(ideogram?["quality"]?.stringValue?.contains("hd is QUALITY") == true)
        #expect(ideogram?["output_format"] == .null)
        #expect(profile("fal-ai/nano-banana/edit").supportedOpenAIParameters.contains("size"))
        #expect(!profile("fal-ai/ideogram/v3/edit").supportedOpenAIParameters.contains("size"))
    }
}
