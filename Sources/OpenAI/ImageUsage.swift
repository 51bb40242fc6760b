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

    /// Its JSON text.
    var json: String {
        let input = inputImageTokens + inputTextTokens
        return """
            {"total_tokens":\(input + outputTokens),"input_tokens":\(input),"input_tokens_details":\
            {"image_tokens":\(inputImageTokens),"text_tokens":\(inputTextTokens)},"output_tokens":\(outputTokens)}
            """
    }
}
