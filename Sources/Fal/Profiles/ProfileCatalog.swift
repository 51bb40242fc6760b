package import JSON

/// The endpoints that are known, by exact id: falgate's own table, and what was learned from fal.
///
/// Ids are compared as a whole: `fal-ai/flux-pro/kontext` is not `fal-ai/flux-pro/v1.1`, however
/// much of it they share.
package struct ProfileCatalog: Sendable {
    private var profiles: [String: EndpointProfile]
    /// In the order of the table; learned ones follow.
    package private(set) var ids: [String]
    /// What fal told of prices, by endpoint.
    private var listedPrices: [String: ListedPrice] = [:]

    /// falgate's own table, as built into the program. Read at first use, which is best made at start.
    package static let builtIn: ProfileCatalog = {
        do {
            return try ProfileCatalog(json: ProfileTable.json)
        } catch {
            // The text is a constant of this program and a test reads every row of it.
            preconditionFailure("the built-in table of endpoints is broken: \(error)")
        }
    }()

    /// - Throws: what is wrong with the first row that cannot be read.
    package init(json text: StaticString) throws(ProfileError) {
        let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        let table: JSONValue
        do {
            table = try JSON.parse(bytes)
        } catch {
            throw ProfileError(endpoint: "", path: "", reason: error.description)
        }
        try self.init(table: table)
    }

    package init(table: JSONValue) throws(ProfileError) {
        guard table["schema"]?.intValue == Self.schema else {
            throw ProfileError(endpoint: "", path: "schema", reason: "is not \(Self.schema)")
        }
        var profiles: [String: EndpointProfile] = [:]
        var ids: [String] = []
        for row in table["profiles"]?.arrayValue ?? [] {
            guard let row = row.objectValue else {
                throw ProfileError(endpoint: "", path: "profiles", reason: "has a row that is no object")
            }
            let profile = try EndpointProfile(row: row)
            guard profiles.updateValue(profile, forKey: profile.endpoint.id) == nil else {
                throw ProfileError(endpoint: profile.endpoint.id, path: "id", reason: "is in the table twice")
            }
            ids.append(profile.endpoint.id)
        }
        self.profiles = profiles
        self.ids = ids
    }

    /// The form of the table this program reads.
    private static let schema = 1

    /// The row of an endpoint; `nil` when it has none.
    package subscript(endpoint: Endpoint) -> EndpointProfile? { profiles[endpoint.id] }

    /// The row of an endpoint, or what holds for every unlisted one.
    package func profile(for endpoint: Endpoint) -> EndpointProfile {
        if let known = self[endpoint] { return known }
        var profile = EndpointProfile.unlisted(endpoint)
        if let price = listedPrices[endpoint.id] { profile.price = profile.price.replaced(by: price) }
        return profile
    }

    /// A profile that was learned just now, with the price fal has told of the endpoint, if it has.
    package func priced(_ profile: EndpointProfile) -> EndpointProfile {
        guard let price = listedPrices[profile.endpoint.id] else { return profile }
        var profile = profile
        profile.price = profile.price.replaced(by: price)
        return profile
    }

    /// This catalog with profiles that were learned and prices that fal told.
    ///
    /// A learned profile takes the place of the table's: an operator who has one learned means it.
    /// What no document of fal's says (a price, the endpoint for edits, what OpenAI's words mean) stays as the
    /// table has it.
    package func adding(learned: [EndpointProfile], prices: [ListedPrice]) -> ProfileCatalog {
        var catalog = self
        for var profile in learned {
            if let known = catalog.profiles[profile.endpoint.id] {
                profile.keep(from: known)
            } else {
                catalog.ids.append(profile.endpoint.id)
            }
            catalog.profiles[profile.endpoint.id] = profile
        }
        for price in prices {
            if let known = catalog.profiles[price.endpoint]?.price {
                catalog.profiles[price.endpoint]?.price = known.replaced(by: price)
            }
            // One without a profile may get it later, when it is learned at first use.
            catalog.listedPrices[price.endpoint] = price
        }
        return catalog
    }

    /// Every row, in the order of the table.
    package var all: [EndpointProfile] { ids.compactMap { profiles[$0] } }
}
