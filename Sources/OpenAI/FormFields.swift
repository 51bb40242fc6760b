package import JSON

/// The text fields of an uploaded form as the JSON body they stand for.
///
/// A form has only texts. OpenAI's own fields have known types; any other value that reads as a JSON
/// number, `true`, `false`, an array or an object becomes that, and is text otherwise. Brackets in a
/// name mean what SDKs mean by them: `loras[][path]`, `image_size[width]`, `tags[]`.
package struct FormFields: Sendable {
    /// Levels of brackets in a name. fal's parameters have three at most.
    package static let maximumDepth = 8

    package private(set) var body = JSONObject()

    package init() {}

    /// Takes one field.
    ///
    /// - Throws: for a field that was given before, brackets that do not fit the other fields or
    ///   cannot be read, and an `extra_body` that is no JSON object.
    package mutating func add(_ name: String, _ text: String) throws(RequestProblem) {
        guard let path = FormFields.path(of: name) else {
            throw RequestProblem("The brackets in the name of a field cannot be read; got \(JSONValue.string(String(name.prefix(40)))).", param: nil, code: .invalidValue)
        }
        let field = path.name
        guard let value = try FormFields.value(of: field, text, isWhole: path.steps.isEmpty) else { return }
        guard let merged = FormFields.inserting(value, at: path.steps[...], into: body[field]) else {
            let shown = String(name.prefix(40))
            throw RequestProblem(
                "The form has the field '\(shown)' twice, or other fields that do not go with it.", param: shown,
                code: .invalidValue)
        }
        body[field] = merged
    }

    // MARK: Values

    private static let integers: Set = ["n", "output_compression", "partial_images"]
    private static let flags: Set = ["stream"]
    private static let texts: Set = [
        "model", "prompt", "size", "response_format", "quality", "style", "background", "moderation", "output_format",
        "input_fidelity", "user", "safety_identifier",
    ]

    /// Values in one field; what has more is a text. A form has few fields.
    package static let mostValues = 10_000

    /// - Returns: `nil` for an optional field of OpenAI's that was left empty, as forms on web pages
    ///   send those nobody filled in.
    private static func value(of field: String, _ text: String, isWhole: Bool) throws(RequestProblem) -> JSONValue? {
        if isWhole, text.isEmpty, field != "prompt", integers.union(flags).union(texts).contains(field) { return nil }
        if texts.contains(field) { return .string(text) }
        if flags.contains(field) {
            switch text.lowercased() {
            case "true", "1": return true
            case "false", "0": return false
            default: return .string(text)
            }
        }
        let value = try? JSON.parse(text, maximumValues: mostValues)
        if field == "extra_body", isWhole {
            guard let value else {
                throw RequestProblem("'extra_body' must be a JSON object, written as text.", param: "extra_body", code: .invalidValue)
            }
            return value
        }
        switch value {
        case .number, .bool, .array, .object: return value
        case .string, .null, nil: return .string(text)
        }
    }

    // MARK: Names

    private enum Step: Equatable {
        /// `[]`
        case element
        /// `[key]`
        case member(String)
    }

    /// `loras[][path]` is `loras`, an element, its member `path`.
    private static func path(of name: String) -> (name: String, steps: [Step])? {
        guard let opening = name.utf8.firstIndex(of: UInt8(ascii: "[")), opening > name.startIndex else {
            return (name, [])
        }
        var steps: [Step] = []
        var rest = name[opening...]
        while !rest.isEmpty {
            guard rest.first == "[", let closing = rest.firstIndex(of: "]"), steps.count < maximumDepth else { return nil }
            let key = rest[rest.index(after: rest.startIndex)..<closing]
            guard !key.contains("[") else { return nil }
            steps.append(key.isEmpty ? .element : .member(String(key)))
            rest = rest[rest.index(after: closing)...]
        }
        return (String(name[..<opening]), steps)
    }

    /// - Returns: `nil` where the place is taken, or is of another kind.
    private static func inserting(_ value: JSONValue, at steps: ArraySlice<Step>, into old: JSONValue?) -> JSONValue? {
        guard let step = steps.first else {
            // Written out: a JSON value can be a nil literal as well.
            if case .some = old { return .none }
            return .some(value)
        }
        let rest = steps.dropFirst()
        switch step {
        case .element:
            var elements: [JSONValue] = []
            if let old {
                guard case .array(let known) = old else { return nil }
                elements = known
            }
            // Members of one element come one after the other; the first that is there already
            // begins the next element.
            if !rest.isEmpty, let last = elements.last, let more = inserting(value, at: rest, into: last) {
                elements[elements.count - 1] = more
            } else if let new = inserting(value, at: rest, into: nil) {
                elements.append(new)
            }
            return .array(elements)
        case .member(let key):
            var object = JSONObject()
            if let old {
                guard case .object(let known) = old else { return nil }
                object = known
            }
            guard let inner = inserting(value, at: rest, into: object[key]) else { return nil }
            object[key] = inner
            return .object(object)
        }
    }
}
