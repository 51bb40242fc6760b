/// The keys of a LiteLLM configuration, section by section.
///
/// A key is honoured, or LiteLLM knows it and it has no meaning here, or it is unknown. The
/// lists come from LiteLLM's documentation of its settings and from the parameters that its
/// router keeps for itself.
struct KnownKeys: Sendable {
    /// Read by `ConfigurationReader`.
    let honoured: Set<String>
    /// LiteLLM's, without a meaning here: accepted, with one warning each.
    let ignored: Set<String>
    /// Those of them that restrict something in LiteLLM: the warning says more.
    let unenforced: Set<String>
    /// What does the same here as one of `ignored`.
    static let counterparts = [
        "cancel_on_disconnect": "general_settings.on_disconnect: cancel",
        "default_litellm_params": "litellm_settings (drop_params, num_retries, request_timeout)",
        "image_generation_model": "router_settings.model_group_alias, for the names that clients send",
        "require_auth_for_metrics_endpoint": "general_settings.metrics",
    ]
    /// What their names may begin with instead of standing in `ignored`.
    let ignoredPrefixes: [String]

    init(
        honoured: [String], ignored: [String] = [], unenforced: [String] = [], ignoredPrefixes: [String] = []
    ) {
        self.honoured = Set(honoured)
        self.ignored = Set(ignored)
        self.unenforced = Set(unenforced)
        self.ignoredPrefixes = ignoredPrefixes
    }

    enum Standing: Equatable {
        case honoured, ignored, unenforced
        case unknown(nearest: String?)
    }

    func standing(of key: String) -> Standing {
        if honoured.contains(key) { return .honoured }
        if unenforced.contains(key) { return .unenforced }
        if ignored.contains(key) { return .ignored }
        if ignoredPrefixes.contains(where: key.hasPrefix) {
            // A slip in a price of ours must not pass for one of LiteLLM's many others.
            let meant = Spelling.nearest(to: key, among: honoured, atMost: KnownKeys.slip)
            return meant.map { .unknown(nearest: $0) } ?? .ignored
        }
        return .unknown(nearest: nearest(to: key))
    }

    /// Edits within which a key with one of `ignoredPrefixes` is a slip. LiteLLM's own differ from ours by
    /// more: `input_cost_per_pixel` from `output_cost_per_pixel` by three.
    private static let slip = 2

    /// The key that was probably meant, one that has a meaning if two are as near.
    private func nearest(to key: String) -> String? {
        Spelling.nearest(to: key, among: honoured) ?? Spelling.nearest(to: key, among: ignored.union(unenforced))
    }
}
