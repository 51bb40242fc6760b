import JSON
import Testing

@testable import FalSimulator

@Suite("What fal asks") struct TariffTests {
    @Test(
        "a call costs what fal's pages say",
        arguments: [
            ("fal-ai/flux/dev", #"{"image_size": {"width": 1025, "height": 1024}}"#, 2, "0.1"),
            ("fal-ai/flux-2-pro", #"{"image_size": "square_hd"}"#, 1, "0.03"),
            ("fal-ai/flux-2-pro", #"{"image_size": {"width": 2048, "height": 2048}}"#, 1, "0.075"),
            ("openai/gpt-image-2", "{}", 1, "0.145"),
            ("openai/gpt-image-2", #"{"quality": "low", "image_size": "square_hd"}"#, 3, "0.018"),
            ("openai/gpt-image-2", #"{"quality": "auto", "image_size": {"width": 3840, "height": 2160}}"#, 1, "0.401"),
            ("openai/gpt-image-2/edit", #"{"quality": "medium", "image_size": {"width": 1536, "height": 1024}}"#, 1, "0.054"),
            ("openai/gpt-image-2.5/flare/text-to-image", #"{"quality": "max", "image_size": "square_hd"}"#, 1, "0.21072"),
            // Rounded up to a cent, for the whole call.
            ("fal-ai/gpt-image-1/text-to-image", #"{"quality": "low", "image_size": "1024x1024"}"#, 2, "0.03"),
            ("fal-ai/gpt-image-1.5", #"{"quality": "high", "image_size": "1024x1536"}"#, 1, "0.2"),
            ("fal-ai/gpt-image-1.5", #"{"quality": "high", "image_size": "1536x1024"}"#, 1, "0.199"),
            ("fal-ai/nano-banana-pro", #"{"resolution": "4K", "enable_web_search": true}"#, 2, "0.63"),
            ("fal-ai/ideogram/v3", #"{"rendering_speed": "TURBO"}"#, 2, "0.06"),
            ("fal-ai/sana", "{}", 1, "0"),
        ])
    func amounts(endpoint: String, body: String, count: Int, dollars: String) throws {
        let body = try #require(try JSON.parse(body).objectValue)
        let input = ModelInput(body, for: EndpointModel.of(.make(endpoint)))
        let amount = input.amount(for: count, of: input.size, units: input.units(for: count, of: input.size))
        #expect(Decimals.text(amount, places: 9) == dollars)
    }
}
