import Fal
import HTTP
import Ledger
import Signatures

/// Where fal tells of the end of jobs: `<public_url>/fal/webhook/<job>`, an address for each job.
///
/// The address names the job, so that a job is known by its webhook even when the answer to its
/// submit was lost, in this process or in an earlier one; and it carries a code that only who knows
/// the fal key can make, so that nobody can pass another job off as ours. Nothing has to be stored:
/// as long as the configuration has the key, an address made by any earlier process is understood.
struct FalHook: Sendable {
    /// fal's, for their signatures.
    let keys: WebhookKeys
    /// Whether jobs are submitted with an address. Those that an earlier configuration sent with one
    /// are heard all the same.
    let isAskedFor: Bool
    private let base: URL
    /// All that are configured, or were since the start: an address is made with the one that submits its job.
    private let falKeys: Set<FalKey>
    private let keysURL: URL

    private static let path = "/fal/webhook/"
    static let pattern = path + "{job}"
    /// Bytes of the code: 128 bits, out of reach for guessing.
    private static let codeBytes = 16
    /// The longest body. Its sender has shown a code, so this is for fal alone: four images of 4
    /// megapixels as data URIs have 45 MB.
    static let bodyBytes = 64 * 1024 * 1024

    /// - Parameter previous: the one that this replaces. Addresses that it has made are still
    ///   understood, also where the configuration asks for no more of them: fal does not say twice what
    ///   nobody hears. What it has fetched of fal's keys is still of use.
    /// - Returns: `nil` when nobody can reach this gateway, nor could since its start.
    init?(_ configuration: Configuration, replacing previous: FalHook? = nil) {
        guard let base = configuration.publicURL ?? previous?.base else { return nil }
        self.base = base
        isAskedFor = configuration.publicURL != nil && configuration.following.asksForWebhook
        if let previous, configuration.publicURL == nil || previous.keysURL == configuration.webhookKeysURL {
            (keys, keysURL) = (previous.keys, previous.keysURL)
        } else {
            keysURL = configuration.webhookKeysURL
            keys = WebhookKeys(at: keysURL)
        }
        let configured = configuration.models.flatMap { [$0.falKey] + $0.furtherFalKeys }.compactMap { FalKey($0.reveal()) }
        falKeys = (previous?.falKeys ?? []).union(configured)
    }

    /// The address for a job that is submitted with `key`; `nil` when no jobs are.
    func address(of job: JobID, submittedWith key: FalKey) -> URL? {
        guard isAskedFor else { return nil }
        let name = "\(job.requestID).\(job.ordinal)"
        let prefix = base.path == "/" ? "" : base.path
        return try? base.with(target: prefix + FalHook.path + "\(name).\(FalHook.code(name, key))")
    }

    /// The job that an address names, by the last part of its path.
    ///
    /// - Returns: `nil` unless one of the configured keys has made it.
    func job(_ segment: String) -> JobID? {
        let parts = segment.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let ordinal = Int(parts[1]), ordinal >= 0 else { return nil }
        let name = "\(parts[0]).\(ordinal)"
        let given = Array(parts[2].utf8)
        guard falKeys.contains(where: { ConstantTime.areEqual(Array(FalHook.code(name, $0).utf8), given) }) else { return nil }
        return JobID(requestID: String(parts[0]), ordinal: ordinal)
    }

    private static func code(_ name: String, _ key: FalKey) -> String {
        Hexadecimal.encode(Array(key.code(for: "falgate webhook of fal\n\(name)").prefix(codeBytes)))
    }
}
