/// How the end of a job is heard of: the word of a configuration.
package enum Following: String, Sendable, Hashable, CaseIterable {
    /// By the best that is at hand: a webhook, else a stream while there is a place for one, else looks.
    case auto
    /// By fal's webhook, with a rare look in case it never comes. A job that was submitted without
    /// one is followed as by `auto`.
    case webhook
    /// By the status stream, up to the bound of streams; by looks beyond it.
    case stream
    /// By looks alone.
    case poll

    /// Whether jobs are to be submitted with a webhook, where there is an address for one.
    package var asksForWebhook: Bool { self == .auto || self == .webhook }
}
