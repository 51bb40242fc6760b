package import Fal
package import HTTP

/// Everything `config.yaml` and the environment say, checked, with defaults filled in.
///
/// The keys are LiteLLM's, the names here are ours; each property names its key.
package struct Configuration: Sendable, Equatable {
    /// `model_list`, in its order, never empty. Several with one name share its requests.
    package var models: [ConfiguredModel] = []
    /// `router_settings.model_group_alias`
    package var aliases: [ModelAlias] = []

    /// `general_settings.master_key`, else `LITELLM_MASTER_KEY`. Without one the gateway
    /// must not listen beyond loopback.
    package var masterKey: Secret?
    /// `general_settings.dangerously_permit_weak_or_unset_master_key`, or the environment
    /// variable of that name: the operator wants no warning of a master key that everybody knows.
    package var permitsWeakMasterKey = false
    /// `general_settings.litellm_key_header_name`: one more header that may carry a key.
    package var keyHeaderName: String?

    /// `general_settings.database_url`, else `DATABASE_URL` when it names SQLite; `nil`
    /// when neither does.
    package var database: DatabaseLocation?

    /// `general_settings.max_parallel_requests`: requests of one key at a time.
    package var maximumParallelRequestsPerKey: Int?
    /// `general_settings.global_max_parallel_requests`: requests of all keys at a time.
    package var maximumParallelRequests: Int?
    /// `general_settings.max_request_size_mb` in bytes, a MB being 1,048,576.
    package var maximumRequestBytes: Int?
    /// Above this a body is a mistake: a dozen of them would fill a large machine.
    package static let mostRequestBytes = 1024 * 1_048_576
    /// `general_settings.max_images_per_request`: the largest `n`. OpenAI allows 10.
    package var maximumImagesPerRequest = 10
    /// `general_settings.max_input_images`: the most images an edit may work on. OpenAI takes 16.
    package var maximumInputImages = 16

    /// `general_settings.allowed_image_hosts`, lower case: hosts that images are fetched from
    /// besides fal's own and those of the deployments. `*.example.com` stands for all hosts
    /// below example.com.
    package var allowedImageHosts: [String] = []
    /// `general_settings.result_ttl`: how long answers are kept for their owners. Zero: not at all.
    package var resultLifetime: Duration = .seconds(86_400)
    /// `general_settings.store_images`: the folder in which images are kept as long as their answers.
    package var imageFolder: String?
    /// `general_settings.store_images_max_bytes`
    package var imageFolderBytes = Configuration.usualImageFolderBytes
    /// 10 GiB: some five thousand images of 2 MB, a day of a small service, on the smallest disk that is
    /// rented out.
    package static let usualImageFolderBytes = 10 * 1024 * 1_048_576
    /// `general_settings.on_disconnect`
    package var disconnectPolicy = DisconnectPolicy.finish
    /// `general_settings.join_retries`: an SDK's repetition waits for its first try's answer.
    package var joinsRetries = true
    /// `general_settings.learn_models`: an endpoint without a profile is learned at its first use.
    package var learnsModels = false
    /// `general_settings.openapi_base`: where fal's documents are fetched, without a key.
    package var documentBase = PublishedDocument.usualBase
    /// `general_settings.pricing_base`: where fal's prices are asked for, with a fal key.
    package var priceBase = PriceQuestion.usualBase
    /// `general_settings.public_url`: where the internet reaches this gateway. Ends without a slash.
    package var publicURL: URL?
    /// `general_settings.follow`: how the end of a job is heard of.
    package var following = Following.auto
    /// `general_settings.fal_jwks_url`: the keys that fal's webhooks are signed with.
    package var webhookKeysURL = WebhookKeys.address
    /// `general_settings.webhook_secret`: what the signatures of callers' webhooks are made with.
    package var webhookSecret: WebhookSecret?
    /// `general_settings.allow_private_webhooks`: callers' webhooks may lead into private networks.
    package var allowsPrivateWebhooks = false
    /// `general_settings.unpriced_models`
    package var unpricedModels = UnpricedModels.allow

    /// `general_settings.metrics`: who may read `GET /metrics`.
    package var metricsAccess = MetricsAccess.key

    /// `router_settings`
    package var routing = RoutingSettings()
}

/// `general_settings.metrics`
package enum MetricsAccess: String, Sendable, Equatable, CaseIterable {
    /// Whoever has the master key: models and spend are nobody else's business.
    case key
    /// Everybody who reaches the gateway.
    case `public`
}

/// `general_settings.unpriced_models`: what happens to a request whose price nobody knows.
package enum UnpricedModels: String, Sendable, Equatable, CaseIterable {
    /// Served, with a warning header and a spend row that says so.
    case allow
    case reject
}

/// `sqlite:///relative/path`, `sqlite:////absolute/path` or `sqlite:///:memory:`.
package enum DatabaseLocation: Sendable, Equatable {
    case file(path: String)
    case memory
}

/// `router_settings.model_group_alias`: another name for a `model_name`.
package struct ModelAlias: Sendable, Equatable {
    /// What a request may say.
    package let name: String
    /// The `model_name` it means.
    package let model: String
    package let visibility: Visibility

    package enum Visibility: Sendable, Equatable {
        case listed
        /// Can be used but does not appear among the models.
        case hidden
    }
}
