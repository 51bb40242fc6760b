package import JSON

/// The endpoints that are known, by exact id.
///
/// Ids are compared as a whole: `fal-ai/flux-pro/kontext` is not `fal-ai/flux-pro/v1.1`, however
/// much of it they share.
package struct ProfileCatalog: Sendable {
    private let profiles: [String: EndpointProfile]
    /// In the order of the table.
    package let ids: [String]

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
        self[endpoint] ?? .unlisted(endpoint)
    }

    /// Every row, in the order of the table.
    package var all: [EndpointProfile] { ids.compactMap { profiles[$0] } }
}
