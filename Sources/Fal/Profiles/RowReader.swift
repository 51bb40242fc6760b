import JSON

/// One object of the profile table, read member by member. Members nobody asked for are an error:
/// a misspelt key would otherwise be an assumption nobody made.
struct RowReader {
    let endpoint: String
    private let path: String
    private let object: JSONObject
    private var asked: Set<String> = []

    init(_ object: JSONObject, endpoint: String, path: String = "") {
        self.object = object
        self.endpoint = endpoint
        self.path = path
    }

    func failure(_ key: String, _ reason: String) -> ProfileError {
        ProfileError(endpoint: endpoint, path: path.isEmpty ? key : "\(path).\(key)", reason: reason)
    }

    /// Call last.
    func finish() throws(ProfileError) {
        if let stray = object.keys.first(where: { !asked.contains($0) }) {
            throw failure(stray, "is not a key of the table")
        }
    }

    /// The member; `nil` when it is missing or null.
    mutating func value(_ key: String) -> JSONValue? {
        asked.insert(key)
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    mutating func text(_ key: String) throws(ProfileError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw failure(key, "is not a string") }
        return text
    }

    mutating func requiredText(_ key: String) throws(ProfileError) -> String {
        guard let text = try text(key) else { throw failure(key, "is missing") }
        return text
    }

    mutating func flag(_ key: String) throws(ProfileError) -> Bool {
        guard let value = value(key) else { return false }
        guard let flag = value.boolValue else { throw failure(key, "is neither true nor false") }
        return flag
    }

    mutating func positive(_ key: String) throws(ProfileError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.intValue, number > 0 else { throw failure(key, "is not a positive integer") }
        return number
    }

    mutating func texts(_ key: String) throws(ProfileError) -> [String] {
        guard let value = value(key) else { return [] }
        let texts = value.arrayValue?.map(\.stringValue) ?? [nil]
        guard !texts.contains(nil) else { throw failure(key, "is not a list of strings") }
        return texts.compactMap { $0 }
    }

    /// Two integers, the first no larger than the second.
    mutating func range(_ key: String) throws(ProfileError) -> ClosedRange<Int>? {
        guard let value = value(key) else { return nil }
        guard let pair = value.arrayValue, pair.count == 2, let low = pair[0].intValue, let high = pair[1].intValue,
            low > 0, low <= high
        else { throw failure(key, "is not two integers in order") }
        return low...high
    }

    mutating func object(_ key: String) throws(ProfileError) -> RowReader? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else { throw failure(key, "is not an object") }
        return RowReader(object, endpoint: endpoint, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The members of an object whose keys are data, not words of the table.
    mutating func members(_ key: String) throws(ProfileError) -> [JSONObject.Member] {
        guard let value = value(key) else { return [] }
        guard let object = value.objectValue else { throw failure(key, "is not an object") }
        return object.members
    }
}
