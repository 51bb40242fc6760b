import Testing

@testable import Gateway

@Suite("Secrets") struct SecrecyTests {
    @Test("a secret shows itself in no description, dump or reflection")
    func redacted() {
        let secret = Secret("s3cret")
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(describing: secret), String(reflecting: secret), String(reflecting: [secret]), dumped, "\(Optional(secret) as Any)"] {
            #expect(!text.contains("s3cret"))
        }
        #expect(secret.reveal() == "s3cret")
    }

    @Test("a configuration dumps none of its keys")
    func configuration() throws {
        let text = Reading.model(
            parameters: "api_key: s3cret-fal\nextra_headers: {X-Token: s3cret-header}", rest: "general_settings: {master_key: s3cret-master}")
        let configuration = try Reading.clean(text)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("s3cret"))
        #expect(!"\(configuration)".contains("s3cret"))
    }

    @Test("no finding repeats a value, whatever is wrong with it", arguments: [
        "s3cret", "'s3cret x'", "\"s3cret\\n\"", "[s3cret]", "{s3cret: s3cret}", "!s3cret x", "*s3cret", "&s3cret", "|s3cret", "@s3cret",
        "s3cret: s3cret", "'s3cret", "%s3cret", "83e72", "0x83_72", "083872", "8387:20:20",
    ])
    func findings(value: String) {
        let keys = [
            "general_settings: {master_key: V}", "general_settings:\n  master_key: V", "general_settings:\n  database_url: V",
            "general_settings:\n  litellm_key_header_name: V\n  max_request_size_mb: V\n  unpriced_models: V\n  allowed_image_hosts: [V]",
            "environment_variables:\n  FAL_KEY: V", "router_settings:\n  model_group_alias:\n    a: V",
        ].map { Reading.model(rest: $0) } + ["api_key", "api_base", "model", "timeout", "extra_headers", "extra_body", "drop_params", "rpm"].map {
            Reading.model(parameters: "\($0): V")
        }
        for text in keys {
            let findings = Reading.findings(text.replacingAll("V", with: value), environment: [:])
            // The name of a key is no value: it is part of the path.
            for finding in findings where !value.contains(": ") && !value.hasPrefix("{") {
                for secret in ["s3cret", "83e72", "0x83_72", "083872", "8387"] { #expect(!finding.contains(secret)) }
            }
        }
    }
}

extension String {
    fileprivate func replacingAll(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
