import Testing

@testable import Gateway

/// A configuration from its YAML text; a test whose text has errors fails here.
func configured(_ yaml: String) throws -> Configuration {
    let (configuration, findings) = Configuration.read(
        Array(yaml.utf8), file: "config.yaml", environment: ["FAL_KEY": "id:secret"])
    return try #require(configuration, "\(findings)")
}

/// Entries of `model_list`, each with a name and an endpoint, and what else stands under `litellm_params`.
func modelList(_ entries: (name: String, model: String, more: String)...) -> String {
    "model_list:\n"
        + entries.map { entry in
            "  - model_name: \"\(entry.name)\"\n    litellm_params: {model: \"\(entry.model)\"\(entry.more.isEmpty ? "" : ", \(entry.more)")}\n"
        }.joined()
}
