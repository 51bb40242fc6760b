import JSON

/// One parameter of an endpoint's input, reduced to what a profile can say of it.
struct LearnedProperty {
    let name: String
    /// What it may be, null left out.
    let alternatives: [JSONObject]
    let defaultValue: JSONValue?
    /// fal's words about it, for limits that stand nowhere else.
    let text: String

    /// A list of values longer than this is a vocabulary, not a choice (recraft has 100 styles).
    private static let mostValues = 200
    private static let longestValue = 100

    init(_ name: String, _ schema: JSONObject, in document: inout SchemaDocument) throws(LearningFailure) {
        self.name = name
        alternatives = try document.alternatives(of: schema)
        let own = schema["default"]
        defaultValue = own?.isNull == true ? nil : own
        text = schema["description"]?.stringValue ?? ""
    }

    /// The strings it may be; `nil` when it is not, or not only, one of a list of strings.
    var values: [String]? { isFree ? nil : listedValues }

    /// The strings that are listed, though others may be taken, too.
    var listedValues: [String]? {
        let lists = alternatives.compactMap { ($0["enum"] ?? $0["const"].map { .array([$0]) })?.arrayValue }
        let values = lists.flatMap { $0 }.compactMap(\.stringValue)
        guard !values.isEmpty, values.count <= Self.mostValues, values.allSatisfy(Self.isPlain) else { return nil }
        return values
    }

    /// Any string will do.
    var isFree: Bool {
        alternatives.contains { $0["enum"] == nil && $0["const"] == nil && $0["type"]?.stringValue == "string" }
    }

    /// The default, where it is one of `values`.
    func defaultValue(among values: [String]) -> JSONValue {
        guard let text = defaultValue?.stringValue, values.contains(text) else { return .null }
        return .string(text)
    }

    func has(type: String) -> Bool { alternatives.contains { $0["type"]?.stringValue == type } }

    /// The alternative that is `{"width", "height"}`.
    var edges: (width: JSONValue, height: JSONValue)? {
        for alternative in alternatives {
            if let width = alternative["properties"]?["width"], let height = alternative["properties"]?["height"] {
                return (width, height)
            }
        }
        return nil
    }

    /// Both bounds of a number; `nil` unless both are there and in order.
    var range: JSONValue? {
        for alternative in alternatives {
            guard let low = alternative["minimum"] ?? alternative["exclusiveMinimum"],
                let high = alternative["maximum"] ?? alternative["exclusiveMaximum"],
                let least = low.doubleValue, let most = high.doubleValue, least <= most
            else { continue }
            return [low, high]
        }
        return nil
    }

    /// The most elements of a list.
    var maximumCount: Int? { alternatives.lazy.compactMap { $0["maxItems"]?.intValue }.first { $0 > 0 } }

    var maximum: Int? { alternatives.lazy.compactMap { $0["maximum"]?.intValue }.first }

    /// Printable: names and values end up in headers, logs and on terminals.
    static func isPlain(_ text: String) -> Bool {
        (1...longestValue).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
}
