import Fal
import HTTP
import Testing

@testable import Gateway

@Suite("Settings") struct SettingsTests {
    private func general(_ lines: String) -> String {
        Reading.model(rest: "general_settings:\n" + lines.split(separator: "\n").map { "  \($0)\n" }.joined())
    }

    @Test("general_settings are read")
    func generalSettings() throws {
        let configuration = try Reading.clean(
            general(
                """
                master_key: sk-9876
                litellm_key_header_name: X-My-Key
                database_url: sqlite:///spend.db
                max_parallel_requests: 5
                global_max_parallel_requests: 50
                max_request_size_mb: 1.5
                max_images_per_request: 4
                max_input_images: 3
                allowed_image_hosts: [CDN.example.com, "*.images.example"]
                unpriced_models: reject
                store_images: /var/lib/falgate/images
                store_images_max_bytes: 1000000
                dangerously_permit_weak_or_unset_master_key: true
                """))
        #expect(configuration.masterKey == Secret("sk-9876"))
        #expect(configuration.keyHeaderName == "X-My-Key")
        #expect(configuration.database == .file(path: "spend.db"))
        #expect(configuration.maximumParallelRequestsPerKey == 5)
        #expect(configuration.maximumParallelRequests == 50)
        #expect(configuration.maximumRequestBytes == 1_572_864)
        #expect(configuration.maximumImagesPerRequest == 4)
        #expect(configuration.maximumInputImages == 3)
        #expect(configuration.allowedImageHosts == ["cdn.example.com", "*.images.example"])
        #expect(configuration.unpricedModels == .reject)
        #expect(configuration.permitsWeakMasterKey)
        #expect(configuration.imageFolder == "/var/lib/falgate/images")
        #expect(configuration.imageFolderBytes == 1_000_000)
    }

    @Test("without settings there are defaults")
    func defaults() throws {
        let configuration = try Reading.clean(Reading.model(rest: "general_settings:\nlitellm_settings:\nrouter_settings: {}"))
        #expect(configuration.masterKey == nil)
        #expect(configuration.database == nil)
        #expect(configuration.unpricedModels == .allow)
        #expect(configuration.maximumImagesPerRequest == 10)
        #expect(configuration.maximumInputImages == 16)
        #expect(configuration.models.first?.unsupportedParameters == nil)
    }

    @Test("drop_params of litellm_settings holds for models that say nothing")
    func dropParams() throws {
        let rest = "  - model_name: own\n    litellm_params: {model: fal_ai/a/b, drop_params: false}\nlitellm_settings: {drop_params: True}"
        let configuration = try Reading.clean(Reading.model(rest: rest))
        #expect(configuration.models.map(\.unsupportedParameters) == [.drop, .refuse])
    }

    @Test("SQLite's URLs name a file by a relative or an absolute path", arguments: [
        ("sqlite:///spend.db", DatabaseLocation.file(path: "spend.db")),
        ("sqlite:////var/lib/falgate/spend.db", .file(path: "/var/lib/falgate/spend.db")),
        ("sqlite:///data/spend.db", .file(path: "data/spend.db")),
        ("sqlite:///:memory:", .memory), ("sqlite://", .memory),
    ])
    func databases(url: String, location: DatabaseLocation) throws {
        #expect(try Reading.clean(general("database_url: '\(url)'")).database == location)
    }

    @Test("any other database is an error that does not repeat the URL", arguments: [
        "postgresql://user:s3cret@host/db", "sqlite:///", "sqlite:///a.db?x=s3cret", "sqlite:///dir/", "sqlite:/a", "s3cret.db",
    ])
    func otherDatabases(url: String) {
        let findings = Reading.findings(general("database_url: '\(url)'"))
        #expect(findings == ["6:17: general_settings.database_url: only SQLite is supported: sqlite:///relative/path or sqlite:////absolute/path"])
    }

    @Test("a DATABASE_URL is used when it names SQLite, and ignored aloud otherwise")
    func databaseFromEnvironment() throws {
        var environment = Reading.key
        environment["DATABASE_URL"] = "sqlite:////tmp/a.db"
        #expect(try Reading.clean(Reading.model(), environment: environment).database == .file(path: "/tmp/a.db"))
        #expect(try Reading.clean(general("database_url: sqlite:///b.db"), environment: environment).database == .file(path: "b.db"))
        environment["DATABASE_URL"] = "postgresql://s3cret"
        let (configuration, findings) = Reading.read(Reading.model(), environment: environment)
        #expect(configuration?.database == nil)
        #expect(findings.map(\.severity) == [.warning])
        #expect(!findings.contains { $0.message.contains("s3cret") })
        // Null is the same as a missing key.
        #expect(Reading.read(general("database_url:"), environment: environment).findings.map(\.message) == findings.map(\.message))
    }

    @Test("aliases are read in both of LiteLLM's forms")
    func aliases() throws {
        let rest = "router_settings:\n  model_group_alias: {dall-e-3: flux, hidden-one: {model: flux, hidden: true}}"
        #expect(
            try Reading.clean(Reading.model(rest: rest)).aliases == [
                ModelAlias(name: "dall-e-3", model: "flux", visibility: .listed),
                ModelAlias(name: "hidden-one", model: "flux", visibility: .hidden),
            ])
        let wrong = "router_settings:\n  model_group_alias: {a: {hidden: true}, b: 3}"
        #expect(
            Reading.findings(Reading.model(rest: wrong)) == [
                "6:26: router_settings.model_group_alias.a: the alias needs a model",
                "6:45: router_settings.model_group_alias.b: this must be text, not a number: put quotes around it",
            ])
    }

    @Test("the master key comes from the environment when the file has none")
    func masterKeyFromEnvironment() throws {
        let environment = Reading.key.merging(["LITELLM_MASTER_KEY": "sk-env"]) { a, _ in a }
        #expect(try Reading.clean(Reading.model(), environment: environment).masterKey == Secret("sk-env"))
        #expect(try Reading.clean(general("master_key: sk-file"), environment: environment).masterKey == Secret("sk-file"))
    }

    @Test("a master key that everybody knows, or none, is a warning", arguments: [
        ("master_key: sk-1234", "6:15: general_settings.master_key: warning: this master key stands in LiteLLM's documentation: everybody knows it"),
        ("master_key: ''", "6:15: general_settings.master_key: warning: the master key is empty, which is the same as none"),
    ])
    func weakMasterKey(line: String, finding: String) {
        #expect(Reading.findings(general(line)) == [finding])
    }

    @Test("a master key that everybody knows passes when the operator permits it")
    func permittedMasterKey() throws {
        _ = try Reading.clean(general("master_key: sk-1234\ndangerously_permit_weak_or_unset_master_key: true"))
        let permission = ["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "True"]
        _ = try Reading.clean(general("master_key: sk-1234"), environment: Reading.key.merging(permission) { a, _ in a })
    }

    @Test("a folder of images without answers that are kept is a warning")
    func uselessImageFolder() {
        #expect(
            Reading.findings(general("store_images: images\nresult_ttl: 0")) == [
                "6:17: general_settings.store_images: warning: images are kept as long as their answers, and result_ttl is 0: nothing is kept"
            ])
    }

    @Test("a wrong setting is an error with its place", arguments: [
        ("master_key: 1234", "6:15: general_settings.master_key: this must be text, not a number: put quotes around it"),
        ("master_key: 'sk a'", "6:15: general_settings.master_key: a key has no blanks, control characters or non-ASCII letters: clients could not send it"),
        ("litellm_key_header_name: 'X Key'", "6:28: general_settings.litellm_key_header_name: this is not the name of a header"),
        ("max_parallel_requests: 0", "6:26: general_settings.max_parallel_requests: this must be 1 or more"),
        ("max_request_size_mb: 0", "6:24: general_settings.max_request_size_mb: this must be more than 0 and at most 1024"),
        ("max_images_per_request: 5000", "6:27: general_settings.max_images_per_request: this must be from 1 to 1000"),
        ("max_input_images: 65", "6:21: general_settings.max_input_images: this must be from 1 to 64"),
        ("allowed_image_hosts: cdn.example.com", "6:24: general_settings.allowed_image_hosts: this must be a list, not text"),
        ("allowed_image_hosts: ['https://x']", "6:25: general_settings.allowed_image_hosts[0]: this must be a host name, without scheme, port and path"),
        ("public_url: http://images.example.com", "6:15: general_settings.public_url: this must begin with https://; http is for localhost and addresses of private networks"),
        ("public_url: http://8.8.8.8", "6:15: general_settings.public_url: this must begin with https://; http is for localhost and addresses of private networks"),
        ("public_url: https://a.example/x?y", "6:15: general_settings.public_url: this must be a URL like https://images.example.com, without user, query and fragment"),
        ("follow: webhook\npublic_url:", "6:11: general_settings.follow: webhooks need an address at which fal reaches this gateway: set public_url"),
        ("follow: webhook", "6:11: general_settings.follow: webhooks need an address at which fal reaches this gateway: set public_url"),
        ("webhook_secret: sesame", "6:19: general_settings.webhook_secret: the secret for webhooks does not begin with whsec_; `openssl rand -base64 32` makes one"),
        ("allow_private_webhooks: 1", "6:27: general_settings.allow_private_webhooks: this must be true or false"),
        ("store_images: ''", "6:17: general_settings.store_images: this must not be empty"),
        ("store_images_max_bytes: 0", "6:27: general_settings.store_images_max_bytes: this must be 1 or more"),
        ("follow: pull", "6:11: general_settings.follow: this must be auto or poll or stream or webhook"),
        ("unpriced_models: perhaps", "6:20: general_settings.unpriced_models: this must be allow or reject"),
        ("dangerously_permit_weak_or_unset_master_key: 1", "6:48: general_settings.dangerously_permit_weak_or_unset_master_key: this must be true or false"),
    ])
    func wrongSetting(line: String, finding: String) {
        #expect(Reading.findings(general(line)) == [finding])
        #expect(Reading.read(general(line)).configuration == nil)
    }

    @Test("fal reaches the gateway by https; plain http is for this machine and private networks", arguments: [
        "https://images.example.com", "https://images.example.com/falgate/", "http://127.0.0.1:4000", "http://localhost:4000",
        "http://10.1.2.3", "http://[::1]:4000",
    ])
    func publicURL(text: String) throws {
        let configuration = try Reading.clean(general("public_url: '\(text)'\nfollow: webhook"))
        #expect(configuration.publicURL?.origin == URL(text)?.origin)
        #expect(configuration.following == .webhook)
    }

    @Test("a document without models is an error", arguments: [
        ("", "1:1: a configuration is a mapping that begins with model_list"),
        ("- a", "1:1: a configuration is a mapping that begins with model_list"),
        ("litellm_settings: {}", "1:1: model_list: a list with at least one model is needed here"),
        ("model_list: []", "1:13: model_list: a list with at least one model is needed here"),
        ("model_list: {}", "1:13: model_list: a list with at least one model is needed here"),
        ("model_list:\n\ta", "2:1: a tab cannot separate or indent here: use spaces"),
    ])
    func noModels(text: String, finding: String) {
        #expect(Reading.findings(text) == [finding])
        #expect(Reading.read(text).configuration == nil)
    }
}
