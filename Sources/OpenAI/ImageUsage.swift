/// Tokens, as OpenAI counts them. fal bills images, so the gateway says zero; OpenAI's SDKs and
/// LiteLLM's callers expect the object all the same.
package struct ImageUsage: Sendable, Equatable {
    package var inputImageTokens: Int
    package var inputTextTokens: Int
    package var outputTokens: Int

    package init(inputImageTokens: Int, inputTextTokens: Int, outputTokens: Int) {
        self.inputImageTokens = inputImageTokens
        self.inputTextTokens = inputTextTokens
        self.outputTokens = outputTokens
    }

    package static let zero = ImageUsage(inputImageTokens: 0, inputTextTokens: 0, outputTokens: 0)

    func write(to body: inout SegmentedBody) {
        let input = inputImageTokens + inputTextTokens
        body.append(json: "{\"total_tokens\":")
        body.append(number: input + outputTokens)
        body.append(json: ",\"input_tokens\":")
        body.append(number: input)
        body.append(json: ",\"input_tokens_details\":{\"image_tokens\":")
        body.append(number: inputImageTokens)
        body.append(json: ",\"text_tokens\":")
        body.append(number: inputTextTokens)
        body.append(json: "},\"output_tokens\":")
        body.append(number: outputTokens)
        body.append(json: "}")
    }
}
