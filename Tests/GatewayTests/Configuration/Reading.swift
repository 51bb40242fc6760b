import Testing

@testable import Gateway

/// What tests of the configuration have in common.
enum Reading {
    static let key = ["FAL_AI_API_KEY": "fal-test-key"]

    static func read(
        _ text: String, environment: [String: String] = key, strictness: Strictness = .lenient
    ) -> (configuration: Configuration?, findings: [Finding]) {
        Configuration.read(Array(text.utf8), file: "config.yaml", environment: environment, strictness: strictness)
    }

    /// The findings as they are printed, without the name of the file.
    static func findings(
        _ text: String, environment: [String: String] = key, strictness: Strictness = .lenient
    ) -> [String] {
        read(text, environment: environment, strictness: strictness).findings.map { String($0.description.dropFirst("config.yaml:".count)) }
    }

    /// The configuration of a text about which there is nothing to be said.
    static func clean(_ text: String, environment: [String: String] = key) throws -> Configuration {
        let (configuration, findings) = read(text, environment: environment)
        #expect(findings.map(\.description) == [])
        return try #require(configuration)
    }

    /// One model with these lines in its litellm_params, indented as the model key.
    static func model(parameters: String = "", rest: String = "") -> String {
        let lines = parameters.split(separator: "\n").map { "\n      \($0)" }.joined()
        return "model_list:\n  - model_name: flux\n    litellm_params:\n      model: fal_ai/fal-ai/flux/dev\(lines)\n\(rest)\n"
    }
}
