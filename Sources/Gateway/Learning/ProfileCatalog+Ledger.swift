package import Fal
package import JSON
package import Ledger
import Money

extension ProfileCatalog {
    /// falgate's own table with what a ledger remembers of fal.
    ///
    /// - Returns: the catalog, and what could not be read: a profile of a release with another table.
    package static func remembering(
        profiles: [LearnedProfileRow], prices: [LearnedPriceRow]
    ) -> (catalog: ProfileCatalog, problems: [String]) {
        var problems: [String] = []
        var learned: [EndpointProfile] = []
        for row in profiles {
            do {
                learned.append(try row.profileRead())
            } catch {
                problems.append("\(row.endpoint) was learned by another release and has to be learned again: \(error)")
            }
        }
        return (builtIn.adding(learned: learned, prices: prices.compactMap(\.listed)), problems)
    }

    /// As `remembering`, from the database; the built-in table where there is none yet.
    ///
    /// - Parameter path: a file, or `:memory:`, which has nothing to remember.
    /// - Throws: `LedgerError` for a database that cannot be read. One that is not there is no error.
    package static func remembered(at path: String) throws(LedgerError) -> (catalog: ProfileCatalog, problems: [String]) {
        guard path != ":memory:" else { return (builtIn, []) }
        let reader = try LedgerReader(path: path)
        return remembering(profiles: try reader.learnedProfiles(), prices: try reader.learnedPrices())
    }
}

extension LearnedProfileRow {
    package init(endpoint: Endpoint, row: JSONObject) {
        self.init(
            endpoint: endpoint.id, profile: String(decoding: row.serialized(), as: UTF8.self), learnedAt: .now)
    }

    func profileRead() throws -> EndpointProfile {
        guard let row = try JSON.parse(profile).objectValue, row["id"]?.stringValue == endpoint else {
            throw ProfileError(endpoint: endpoint, path: "id", reason: "is another endpoint's")
        }
        return try EndpointProfile(row: row, origin: .learned)
    }
}

extension LearnedPriceRow {
    package init(_ price: ListedPrice) {
        self.init(
            endpoint: price.endpoint, unit: price.unit, unitPrice: price.unitPrice.dollars, currency: "USD",
            fetchedAt: .now)
    }

    /// `nil` for a price in a currency nobody reckons with.
    package var listed: ListedPrice? {
        guard currency == "USD", let price = UnitPrice(dollars: unitPrice) else { return nil }
        return ListedPrice(endpoint: endpoint, unit: unit, unitPrice: price, date: fetchedAt.day)
    }
}
