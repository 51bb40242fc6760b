package import JSON

extension EndpointProfile {
    /// Keys of a row that a configuration may give anew for one model.
    package static let overridableKeys = [
        "choices", "default_seed", "edit", "format", "images", "inputs", "maximum_inputs", "output", "parameters",
        "ranges", "required", "seed", "size", "sync_mode", "translates",
    ]

    /// What is wrong with a value for one of `overridableKeys`; `nil` when it can be read. No value
    /// depends on the rest of a profile.
    package static func problem(with value: JSONValue, for key: String) -> ProfileError? {
        guard let nowhere = try? Endpoint("model_info/\(key)") else { return nil }
        do {
            _ = try EndpointProfile.unlisted(nowhere).overridden(by: JSONObject(members: [(key, value)]))
            return nil
        } catch {
            return error
        }
    }

    /// This profile with some of its row's keys replaced, each as a whole.
    ///
    /// - Parameter keys: of `overridableKeys`, with values in the form of the table.
    /// - Throws: which key cannot be read, and why.
    package func overridden(by keys: JSONObject) throws(ProfileError) -> EndpointProfile {
        var profile = self
        var row = RowReader(keys, endpoint: endpoint.id)
        if keys.contains("size") { profile.size = try SizeRule(reading: row.object("size")) }
        if keys.contains("images") { profile.count = try CountRule(reading: row.object("images")) }
        if keys.contains("format") { profile.format = try FormatRule(reading: row.object("format")) }
        if keys.contains("sync_mode") { profile.hasSyncMode = try row.flag("sync_mode") }
        if keys.contains("seed") { profile.hasSeed = try row.flag("seed") }
        if keys.contains("default_seed") { profile.defaultSeed = try row.positive("default_seed") }
        if keys.contains("choices") { profile.choices = try Self.choices(&row) }
        if keys.contains("translates") { profile.translations = try Self.translations(&row) }
        if keys.contains("parameters") { profile.parameters = try row.texts("parameters") }
        if keys.contains("ranges") { profile.ranges = try Self.ranges(&row) }
        if keys.contains("inputs") { profile.inputs = try Self.inputs(&row) }
        if keys.contains("maximum_inputs") { profile.maximumInputs = try row.positive("maximum_inputs") }
        if keys.contains("edit") { profile.edit = try Self.edit(&row) }
        if keys.contains("required") { profile.required = try row.texts("required") }
        if keys.contains("output") { profile.output = try Self.output(row.object("output"), row: row) }
        try row.finish()
        return profile
    }
}
