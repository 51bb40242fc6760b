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
        if ignored.contains(key) || ignoredPrefixes.contains(where: key.hasPrefix) { return .ignored }
        return .unknown(nearest: nearest(to: key))
    }

    /// The key that was probably meant, one that has a meaning if two are as near.
    private func nearest(to key: String) -> String? {
        Spelling.nearest(to: key, among: honoured) ?? Spelling.nearest(to: key, among: ignored.union(unenforced))
    }
}
