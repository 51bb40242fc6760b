import HTTP

/// What the gateway serves, and under which paths.
enum Route: Sendable, Hashable {
    case generateImages
    case listModels, showModel, modelInfo
    case liveness, readiness, health
    case spendLogs

    /// Liveness and readiness are asked by machines that have no key.
    var isPublic: Bool {
        self == .liveness || self == .readiness
    }

    /// The most bytes a body may have; `nil` where a body means nothing and little is read of it.
    var takesBody: Bool {
        self == .generateImages
    }

    /// Every path, as OpenAI's clients, Azure's and LiteLLM's write it.
    static let table: [(Method, String, Route)] = [
        (.post, "/v1/images/generations", .generateImages),
        (.post, "/images/generations", .generateImages),
        (.post, "/openai/deployments/{model...}/images/generations", .generateImages),
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
    ]
}
