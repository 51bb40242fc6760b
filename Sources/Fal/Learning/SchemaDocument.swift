import JSON

/// The types of an OpenAPI document, with references followed and parts put together.
///
/// The document is somebody else's: a reference may lead back to itself, and a few lines can stand
/// for a million types. So depth, steps and sizes have bounds, far above what fal publishes, and a
/// document beyond them is refused.
struct SchemaDocument {
    /// References and alternatives within one another. fal's go four deep.
    private static let deepest = 16
    /// Types looked at, all in all. fal's largest documents need a few hundred.
    private static let mostSteps = 4_000
    /// Members of a type, of its properties and of its required ones where types are put together,
    /// which costs the product of both sides. fal's have thirty.
    private static let mostMembers = 256

    private let types: [String: JSONValue]
    private var steps = 0

    init(_ document: JSONValue) {
        let members = document["components"]?["schemas"]?.objectValue?.members ?? []
        types = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The type with its `$ref` followed and its `allOf` merged; what stands beside them wins.
    ///
    /// A reference that leads nowhere is a type of which nothing is known.
    mutating func resolved(_ schema: JSONValue, depth: Int = 0) throws(LearningFailure) -> JSONObject {
        steps += 1
        guard depth < Self.deepest, steps <= Self.mostSteps else { throw .tooComplex }
        guard let own = schema.objectValue else { return [:] }
        var bases: [JSONValue] = own["allOf"]?.arrayValue ?? []
        if let reference = own["$ref"]?.stringValue {
            guard let target = types[String(reference.dropFirst(Self.prefix.count))], reference.hasPrefix(Self.prefix)
            else { return own }
            bases.insert(target, at: 0)
        }
        guard !bases.isEmpty else { return own }
        var merged = JSONObject()
        for base in bases { try Self.merge(try resolved(base, depth: depth + 1), into: &merged) }
        var rest = own
        rest["$ref"] = nil
        rest["allOf"] = nil
        try Self.merge(rest, into: &merged)
        return merged
    }

    /// What a value of the type may be, one by one: `anyOf` and `oneOf` flattened, null left out.
    mutating func alternatives(of schema: JSONObject, depth: Int = 0) throws(LearningFailure) -> [JSONObject] {
        guard let listed = (schema["anyOf"] ?? schema["oneOf"])?.arrayValue else {
            return schema["type"]?.stringValue == "null" ? [] : [schema]
        }
        guard depth < Self.deepest else { throw .tooComplex }
        var all: [JSONObject] = []
        for one in listed {
            all += try alternatives(of: try resolved(one, depth: depth + 1), depth: depth + 1)
            guard all.count <= Self.mostSteps else { throw .tooComplex }
        }
        return all
    }

    private static let prefix = "#/components/schemas/"

    private static func merge(_ added: JSONObject, into object: inout JSONObject) throws(LearningFailure) {
        guard added.count + object.count <= mostMembers else { throw .tooComplex }
        for (key, value) in added.members {
            switch (key, object[key], value) {
            case ("properties", .object(var old), .object(let new)):
                guard old.count + new.count <= mostMembers else { throw .tooComplex }
                for (name, property) in new.members { old[name] = property }
                object[key] = .object(old)
            case ("required", .array(let old), .array(let new)):
                guard old.count + new.count <= mostMembers else { throw .tooComplex }
                object[key] = .array(old + new.filter { !old.contains($0) })
            default: object[key] = value
            }
        }
    }
}
