import JSON
import OpenAI
import Testing

@Suite("Image response") struct ImageResponseTests {
    private func text(_ response: ImageResponse) -> String {
        String(decoding: response.segments().joined(), as: UTF8.self)
    }

    @Test("a response with urls has LiteLLM's members in LiteLLM's order, nulls included")
    func urls() {
        var image = ImageResponse.Image(url: "https://v3.fal.media/files/a/b.png?x=1&y=\"2\"")
        image.providerFields = ["width": 1024, "height": 768, "content_type": "image/png"]
        #expect(
            text(ImageResponse(created: 1_795_217_801, images: [image]))
                == #"{"created":1795217801,"background":null,"data":[{"b64_json":null,"revised_prompt":null,"#
                + #""url":"https://v3.fal.media/files/a/b.png?x=1&y=\"2\"","#
                + #""provider_specific_fields":{"width":1024,"height":768,"content_type":"image/png"}}],"#
                + #""output_format":null,"quality":null,"size":null,"usage":{"total_tokens":0,"input_tokens":0,"#
                + #""input_tokens_details":{"image_tokens":0,"text_tokens":0},"output_tokens":0}}"#)
    }

    @Test("a response with everything says everything")
    func everything() throws {
        var response = ImageResponse(
            created: 1,
            images: [
                ImageResponse.Image(url: "u", base64: Array("aGk=".utf8)[...], revisedPrompt: "a \"fox\"\n"),
                ImageResponse.Image(base64: Array("".utf8)[...]),
            ])
        response.background = "opaque"
        response.outputFormat = "png"
        response.quality = "high"
        response.size = "1024x1024"
        response.usage = ImageUsage(inputImageTokens: 1, inputTextTokens: 2, outputTokens: 4)
        response.falgate = ["seed": .number(try #require(JSONNumber(lexeme: "18446744073709551615")))]
        #expect(
            try JSON.parse(text(response)) == [
                "created": 1, "background": "opaque",
                "data": [
                    ["b64_json": "aGk=", "revised_prompt": "a \"fox\"\n", "url": "u"],
                    ["b64_json": "", "revised_prompt": nil, "url": nil],
                ],
                "output_format": "png", "quality": "high", "size": "1024x1024",
                "usage": [
                    "total_tokens": 7, "input_tokens": 3, "input_tokens_details": ["image_tokens": 1, "text_tokens": 2],
                    "output_tokens": 4,
                ],
                "falgate": ["seed": .number(try #require(JSONNumber(lexeme: "18446744073709551615")))],
            ])
    }

    @Test("no images are an empty list")
    func empty() throws {
        #expect(try JSON.parse(text(ImageResponse(created: 0, images: [])))["data"] == [])
    }

    @Test("the base64 of an image is sent from where it is, not from a copy")
    func notCopied() {
        let images = [4_000_000, 16].map { [UInt8](repeating: UInt8(ascii: "A"), count: $0) }
        let response = ImageResponse(created: 1, images: images.map { ImageResponse.Image(base64: $0[...]) })
        let segments = response.segments()
        #expect(segments.count == 5)
        for (image, segment) in zip(images, [segments[1], segments[3]]) {
            let isShared = image.withUnsafeBufferPointer { image in
                segment.withUnsafeBufferPointer { $0.baseAddress == image.baseAddress }
            }
            #expect(isShared)
        }
    }
}
