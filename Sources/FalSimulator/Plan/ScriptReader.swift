import JSON

/// What is wrong with a script that a test has sent.
struct ScriptError: Error, Equatable, CustomStringConvertible {
    /// Where, as in `rules[2].faults[0].on`.
    let path: String
    let problem: String

    var description: String { "\(path): \(problem)" }
}

/// Reads the members of one JSON object and knows which were not asked for: a misspelt member of
/// a script is an error, not a test that passes for the wrong reason.
struct ScriptReader {
    let path: String
    private var left: JSONObject

    init(_ value: JSONValue, path: String) throws(ScriptError) {
        guard let object = value.objectValue else { throw ScriptError(path: path, problem: "expected an object") }
        self.path = path
        left = object
    }

    /// Takes a member out; nil when there is none.
    mutating func take(_ key: String) -> JSONValue? { left.removeValue(forKey: key) }

    mutating func text(_ key: String) throws(ScriptError) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.stringValue else { throw error(key, "expected a string") }
        return text
    }

    mutating func count(_ key: String) throws(ScriptError) -> Int? {
        guard let value = take(key) else { return nil }
        guard let count = value.intValue, (0...1_000_000_000).contains(count) else {
            throw error(key, "expected a whole number from 0")
        }
        return count
    }

    mutating func flag(_ key: String) throws(ScriptError) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let flag = value.boolValue else { throw error(key, "expected true or false") }
        return flag
    }

    /// In seconds, as a number.
    mutating func duration(_ key: String) throws(ScriptError) -> Duration? {
        guard let value = take(key) else { return nil }
        return try Self.duration(value, path: "\(path).\(key)")
    }

    /// A decimal as a number or a string, with its digits as they are written.
    mutating func decimal(_ key: String) throws(ScriptError) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.numberValue?.lexeme ?? value.stringValue else { throw error(key, "expected a number") }
        return text
    }

    /// One of a few words.
    mutating func word<T>(_ key: String, _ words: KeyValuePairs<String, T>) throws(ScriptError) -> T? {
        guard let text = try text(key) else { return nil }
        guard let found = words.first(where: { $0.key == text }) else {
            throw error(key, "expected one of \(words.map(\.key).joined(separator: ", "))")
        }
        return found.value
    }

    mutating func strings(_ key: String) throws(ScriptError) -> [String]? {
        guard let value = take(key) else { return nil }
        guard let strings = value.strings else { throw error(key, "expected a list of strings") }
        return strings
    }

    mutating func object(_ key: String) throws(ScriptError) -> JSONObject? {
        guard let value = take(key) else { return nil }
        guard let object = value.objectValue else { throw error(key, "expected an object") }
        return object
    }

    /// A nested object, read by `body` to its end.
    mutating func nested<T>(
        _ key: String, _ body: (inout ScriptReader) throws(ScriptError) -> T
    ) throws(ScriptError) -> T? {
        guard let value = take(key) else { return nil }
        return try Self.read(value, path: "\(path).\(key)", body)
    }

    /// Reads a whole object; members that `body` did not take are an error.
    static func read<T>(
        _ value: JSONValue, path: String, _ body: (inout ScriptReader) throws(ScriptError) -> T
    ) throws(ScriptError) -> T {
        var reader = try ScriptReader(value, path: path)
        let result = try body(&reader)
        if let key = reader.left.keys.first { throw reader.error(key, "is not known here") }
        return result
    }

    func error(_ key: String, _ problem: String) -> ScriptError {
        ScriptError(path: "\(path).\(key)", problem: problem)
    }

    static func duration(_ value: JSONValue, path: String) throws(ScriptError) -> Duration {
        guard let seconds = value.doubleValue, (0...1e9).contains(seconds) else {
            throw ScriptError(path: path, problem: "expected seconds from 0")
        }
        return .nanoseconds(Int64(seconds * 1e9))
    }
}
