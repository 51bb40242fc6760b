/// The profile of an endpoint as it was learned from fal, kept for the next start.
package struct LearnedProfileRow: Sendable, Equatable {
    package var endpoint: String
    /// A JSON object; what it means is not the ledger's business.
    package var profile: String
    package var learnedAt: Timestamp

    package init(endpoint: String, profile: String, learnedAt: Timestamp) {
        self.endpoint = endpoint
        self.profile = profile
        self.learnedAt = learnedAt
    }
}

/// The price of an endpoint as fal's pricing API gave it.
package struct LearnedPriceRow: Sendable, Equatable {
    package var endpoint: String
    /// fal's word for what it counts: `images`, `megapixels`, `compute seconds`.
    package var unit: String
    /// What one unit costs, as a decimal number in `currency`.
    package var unitPrice: String
    package var currency: String
    package var fetchedAt: Timestamp

    package init(endpoint: String, unit: String, unitPrice: String, currency: String, fetchedAt: Timestamp) {
        self.endpoint = endpoint
        self.unit = unit
        self.unitPrice = unitPrice
        self.currency = currency
        self.fetchedAt = fetchedAt
    }
}
