package import Money

/// Exact sums over a group of spend rows.
package struct SpendSummary: Sendable, Equatable {
    /// A day (`2026-01-31`), a key's hash, an alias or an endpoint; nil for the rows without one.
    package var group: String?
    package var requests: Int
    package var failures: Int
    package var images: Int
    package var cost: Nanodollars

    package init(group: String?, requests: Int, failures: Int, images: Int, cost: Nanodollars) {
        self.group = group
        self.requests = requests
        self.failures = failures
        self.images = images
        self.cost = cost
    }
}
