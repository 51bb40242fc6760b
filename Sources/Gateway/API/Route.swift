import HTTP
import OpenAI

/// What the gateway serves, and under which paths.
enum Route: Sendable, Hashable {
    /// A request for images, and how its answer comes when not at once.
    case images(ImageRequest.Kind, AsyncDialect?)
    case showJob(AsyncDialect), cancelJob
    /// One image of an answer, as a file.
    case showImage
    case listModels, showModel, modelInfo
    case liveness, readiness, health
    /// fal's, about the end of a job.
    case falWebhook
    /// What a caller verifies the gateway's webhooks with.
    case webhookSecret
    case spendLogs
    case reload, metrics

    /// Liveness and readiness are asked by machines that have no key; a webhook brings fal's signature.
    func isPublic(_ configuration: Configuration) -> Bool {
        switch self {
        case .liveness, .readiness, .falWebhook: true
        case .metrics: configuration.metricsAccess == .public
        default: false
        }
    }

    /// What it is called in metrics.
    var metricsName: String {
        switch self {
        case .images(.generation, _): "images/generations"
        case .images(.edit, _): "images/edits"
        case .images(.variation, _): "images/variations"
        case .showJob: "jobs/show"
        case .cancelJob: "jobs/cancel"
        case .showImage: "jobs/image"
        case .listModels, .showModel, .modelInfo: "models"
        case .liveness, .readiness, .health: "health"
        case .falWebhook: "webhook"
        case .webhookSecret: "webhooks/secret"
        case .spendLogs: "spend/logs"
        case .reload: "config/reload"
        case .metrics: "metrics"
        }
    }

    /// The longest body where bodies mean nothing: tools send `{}` with whatever they ask.
    static let meaninglessBodyBytes = 16 * 1024

    /// What kind of image request comes here; `nil` for everything else, whose bodies mean nothing.
    var imageKind: ImageRequest.Kind? {
        if case .images(let kind, _) = self { kind } else { nil }
    }

    /// Where a request is looked at and fetched.
    static func job(_ id: String) -> String { "/v1/images/generations/\(id)" }

    /// Every path, as OpenAI's clients, Azure's and LiteLLM's write it.
    static let table: [(Method, String, Route)] = [
        (.post, "/v1/images/generations", .images(.generation, nil)),
        (.post, "/images/generations", .images(.generation, nil)),
        (.post, "/openai/deployments/{model...}/images/generations", .images(.generation, nil)),
        (.post, "/v1/images/edits", .images(.edit, nil)),
        (.post, "/images/edits", .images(.edit, nil)),
        (.post, "/openai/deployments/{model...}/images/edits", .images(.edit, nil)),
        (.post, "/v1/images/variations", .images(.variation, nil)),
        (.post, "/images/variations", .images(.variation, nil)),
        (.post, "/openai/deployments/{model...}/images/variations", .images(.variation, nil)),
        (.post, "/v1/images/generations/async", .images(.generation, .task)),
        (.post, "/v1/images/edits/async", .images(.edit, .task)),
        (.post, "/v1/async/images/generations", .images(.generation, .job)),
        (.get, "/v1/images/generations/{id}", .showJob(.falgate)),
        (.delete, "/v1/images/generations/{id}", .cancelJob),
        (.get, "/v1/images/generations/{id}/{number}", .showImage),
        (.get, "/v1/images/tasks/{id}", .showJob(.task)),
        (.get, "/v1/async/images/generations/{id}", .showJob(.job)),
        (.get, "/v1/models", .listModels),
        (.get, "/models", .listModels),
        (.get, "/v1/models/{model...}", .showModel),
        (.get, "/models/{model...}", .showModel),
        (.get, "/model/info", .modelInfo),
        (.get, "/v1/model/info", .modelInfo),
        (.get, "/health/liveliness", .liveness),
        (.get, "/health/liveness", .liveness),
        (.get, "/health/readiness", .readiness),
        (.get, "/health", .health),
        (.get, "/spend/logs", .spendLogs),
        (.post, "/config/reload", .reload),
        (.get, "/metrics", .metrics),
        (.post, FalHook.pattern, .falWebhook),
        (.get, "/v1/webhooks/secret", .webhookSecret),
    ]
}
