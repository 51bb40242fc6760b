/// Body fields that belong to the gateway, whatever the model. They never reach fal.
///
/// LiteLLM takes 354 names out of a body before it calls fal. This list keeps those that LiteLLM's
/// users do send, that carry credentials, or that would change where a call goes; it leaves to fal
/// the names a model could use for an input of its own (`id`, `weight`, `order`, `messages`).
enum ReservedField {
    /// Handed to the gateway, which honours some of them.
    case gateway
    /// Answered with 400: where a call goes, with whose key and at what price is the operator's to say.
    case refused

    init?(_ name: String) {
        if Self.refusedNames.contains(name) || Self.refusedPrefixes.contains(where: name.hasPrefix) {
            self = .refused
        } else if Self.gatewayNames.contains(name) || Self.gatewayPrefixes.contains(where: name.hasPrefix) {
            self = .gateway
        } else {
            return nil
        }
    }

    static let refusedNames: Set<String> = [
        "api_base", "base_url", "api_key", "user_config", "model_list",
        "cache_creation_input_token_cost", "cache_read_input_token_cost",
    ]

    /// Prices: `output_cost_per_image`, `input_cost_per_pixel`, ...
    static let refusedPrefixes = ["input_cost_per_", "output_cost_per_"]

    static let gatewayNames: Set<String> = [
        // What the caller wants noted.
        "metadata", "tags", "no-log", "no_log", "logger_fn",
        // How the call is made. Headers could carry credentials.
        "timeout", "request_timeout", "stream_timeout", "num_retries", "max_retries", "headers", "extra_headers",
        "extra_query", "ssl_verify", "shared_session", "proxy_server_request", "secret_fields",
        // Where it goes.
        "custom_llm_provider", "specific_deployment", "fallbacks", "context_window_fallbacks",
        "content_policy_fallbacks", "model_info", "model_config", "base_model", "api_version", "api_type",
        "organization", "region_name", "client_id", "tenant_id", "hf_model_name",
        // What becomes of the parameters.
        "drop_params", "additional_drop_params", "allowed_openai_params", "guardrails", "prompt_id",
        "prompt_variables",
        // When it is answered; caches and limits.
        "async", "webhook_url",
        "cache", "caching", "cache_key", "rpm", "tpm", "max_budget", "budget_duration", "max_parallel_requests",
    ]

    static let gatewayPrefixes = ["litellm_", "mock_", "aws_", "vertex_", "azure_"]
}
