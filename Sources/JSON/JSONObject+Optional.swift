extension JSONObject {
    /// Adds a member at the end where there is a value, without looking for another of that name.
    package mutating func append(_ key: String, ifAny value: JSONValue?) {
        if let value { append(key, value) }
    }
}
