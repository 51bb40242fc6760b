import JSON
import Money
import Testing

@testable import Gateway

@Suite("Environment") struct EnvironmentTests {
    @Test("os.environ stands for a variable wherever text may stand")
    func everywhere() throws {
        let text = """
            model_list:
              - model_name: os.environ/NAME
                litellm_params:
                  model: os.environ/MODEL
                  api_key: os.environ/KEY
                  api_base: os.environ/BASE
                  timeout: os.environ/TIMEOUT
                  drop_params: os.environ/DROP
                  output_cost_per_image: os.environ/COST
                  extra_headers: {X-A: os.environ/HEADER}
                  style: os.environ/STYLE
                model_info: {id: os.environ/ID}
            general_settings:
              master_key: os.environ/MASTER
              database_url: os.environ/DATABASE
            """
        let environment = [
            "NAME": "flux", "MODEL": "fal_ai/fal-ai/flux/dev", "KEY": "k", "BASE": "http://localhost:1", "TIMEOUT": "7",
            "DROP": "true", "COST": "0.5", "HEADER": "h", "STYLE": "5", "ID": "i", "MASTER": "sk-m", "DATABASE": "sqlite:///d",
        ]
        let configuration = try Reading.clean(text, environment: environment)
        let model = try #require(configuration.models.first)
        #expect(model.name.description == "flux")
        #expect(model.endpoint.endpoint == "fal-ai/flux/dev")
        #expect(model.falKey == Secret("k"))
        #expect(model.apiBase == "http://localhost:1")
        #expect(model.timeout == .seconds(7))
        #expect(model.unsupportedParameters == .drop)
        #expect(model.price.perImage?.dollars == "0.5")
        #expect(model.extraHeaders.first?.value == Secret("h"))
        #expect(model.defaults["style"] == "5")
        #expect(model.id == "i")
        #expect(model.info["id"] == "i")
        #expect(configuration.masterKey == Secret("sk-m"))
        #expect(configuration.database == .file(path: "d"))
    }

    @Test("a variable that is not set is an error with file, place and its name")
    func missing() {
        let (configuration, findings) = Reading.read(Reading.model(parameters: "api_key: os.environ/NOT_THERE"))
        #expect(configuration == nil)
        #expect(
            findings.map(\.description) == [
                "config.yaml:5:16: model_list[0].litellm_params.api_key: the environment variable NOT_THERE is not set"
            ])
    }

    @Test("variables in parts without a meaning here need not be set")
    func missingInIgnored() {
        let text = Reading.model(rest: "litellm_settings: {cache_params: {host: os.environ/REDIS_HOST}}")
        #expect(Reading.read(text).findings.map(\.severity) == [.warning])
    }

    @Test("environment_variables add to the environment and never replace what is in it")
    func environmentVariables() throws {
        let text = """
            environment_variables:
              A: file
              B: file
              N: 5
              C: os.environ/D
            model_list:
              - model_name: a
                litellm_params: {model: fal_ai/a/b, a: os.environ/A, b: os.environ/B, n: os.environ/N, c: os.environ/C}
            """
        let environment = Reading.key.merging(["B": "process", "D": "from D"]) { a, _ in a }
        let defaults = try #require(try Reading.clean(text, environment: environment).models.first).defaults
        #expect(defaults == ["a": "file", "b": "process", "n": "5", "c": "from D"])
    }

    @Test("environment_variables may hold the fal key and the master key")
    func keysInEnvironmentVariables() throws {
        let text = Reading.model(rest: "environment_variables: {FAL_KEY: k, LITELLM_MASTER_KEY: sk-e}")
        let configuration = try Reading.clean(text, environment: [:])
        #expect(configuration.models.first?.falKey == Secret("k"))
        #expect(configuration.masterKey == Secret("sk-e"))
    }

    @Test("the fal key is the model's, else FAL_AI_API_KEY, else FAL_KEY", arguments: [
        ("api_key: own", ["FAL_AI_API_KEY": "a", "FAL_KEY": "b"], "own"),
        ("", ["FAL_AI_API_KEY": "a", "FAL_KEY": "b"], "a"),
        ("", ["FAL_AI_API_KEY": "", "FAL_KEY": "b"], "b"),
        ("api_key: ''", ["FAL_KEY": "b"], "b"),
        ("api_key:", ["FAL_KEY": "b"], "b"),
    ])
    func falKey(parameter: String, environment: [String: String], expected: String) throws {
        let model = try #require(try Reading.clean(Reading.model(parameters: parameter), environment: environment).models.first)
        #expect(model.falKey == Secret(expected))
    }

    @Test("a model without a fal key is an error at its place")
    func noFalKey() {
        #expect(
            Reading.findings(Reading.model(), environment: [:]) == [
                "4:7: model_list[0].litellm_params.api_key: no fal key: set api_key here, or the environment variable FAL_AI_API_KEY or FAL_KEY"
            ])
    }

    @Test("a fal key with a line break at its end is an error, not a split request")
    func brokenFalKey() {
        let findings = Reading.findings(Reading.model(), environment: ["FAL_KEY": "s3cret\n"])
        #expect(findings == ["4:7: model_list[0].litellm_params.api_key: the fal key has blanks, control characters or non-ASCII letters: it is not one"])
    }

    @Test("LiteLLM's host becomes fal's queue, prefixes stay, slashes at the end go", arguments: [
        ("https://fal.run", "https://queue.fal.run"), ("https://fal.run/", "https://queue.fal.run"),
        ("HTTPS://FAL.RUN", "https://queue.fal.run"), ("https://fal.run:443/v1/", "https://queue.fal.run/v1"),
        ("https://queue.fal.run", "https://queue.fal.run"), ("https://example.com/fal.run", "https://example.com/fal.run"),
        ("http://127.0.0.1:9100/some/prefix//", "http://127.0.0.1:9100/some/prefix"), ("http://[::1]:9100", "http://[::1]:9100"),
        ("https://Example.com/A", "https://example.com/A"), ("https://notfal.run", "https://notfal.run"),
    ])
    func apiBase(text: String, expected: String) throws {
        let own = try Reading.clean(Reading.model(parameters: "api_base: '\(text)'"))
        #expect(own.models.first?.apiBase == expected)
        let environment = Reading.key.merging(["FAL_AI_API_BASE": text]) { a, _ in a }
        #expect(try Reading.clean(Reading.model(), environment: environment).models.first?.apiBase == expected)
    }

    @Test("a base that is no plain http(s) URL is an error", arguments: [
        "fal.run", "ftp://fal.run", "https://", "https:///x", "https://user:s3cret@host", "https://host?key=s3cret", "https://host#x",
        "https://host:0", "https://host:99999", "https://host name", "https://hóst", "https://[::1", "http://a:b",
    ])
    func wrongBase(text: String) {
        let findings = Reading.findings(Reading.model(parameters: "api_base: '\(text)'"))
        #expect(findings == ["5:17: model_list[0].litellm_params.api_base: this must be a URL like https://queue.fal.run, without user, query and fragment"])
    }
}
