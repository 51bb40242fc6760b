/// Any JSON value, RFC 8259.
///
/// Nothing is interpreted that a round trip could lose: numbers keep the characters they were
/// written with and objects keep the order of their members.
///
/// Two values are equal exactly when they serialise to the same bytes. In particular `1` and `1.0`
/// differ, members in another order differ, and strings are compared by their UTF-8, not by
/// Unicode equivalence.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// A number written as an integer.
    package static func integer(_ value: Int) -> JSONValue {
        .number(JSONNumber(value))
    }
}

extension JSONValue {
    /// The text of a string; `nil` for every other kind of value.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number written as an integer that fits `Int`. `nil` for `1.0` and `1e2`, too.
    package var intValue: Int? {
        if case .number(let number) = self { number.integer } else { nil }
    }

    /// The nearest `Double` of a number; `nil` for other values and beyond the range of `Double`.
    package var doubleValue: Double? {
        if case .number(let number) = self { number.double } else { nil }
    }

    /// The number as it was written; `nil` for every other kind of value.
    package var numberValue: JSONNumber? {
        if case .number(let number) = self { number } else { nil }
    }

    /// `true` or `false`; `nil` for every other kind of value.
    package var boolValue: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// The elements of an array; `nil` for every other kind of value.
    package var arrayValue: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object; `nil` for every other kind of value.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member of an object; `nil` when this is no object or has no such member.
    package subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element of an array; `nil` when this is no array or has no such element.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// What a message to a person calls this kind of value: `a string`, `an object`, ...
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: Equatable {
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact JSON text of the value.
    package var description: String {
        String(decoding: serialized(), as: UTF8.self)
    }
}
