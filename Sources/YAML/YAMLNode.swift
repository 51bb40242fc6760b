/// A place in a document, as editors count: the first character is line 1, column 1.
///
/// Columns count Unicode scalars, not bytes and not what a terminal shows.
package struct YAMLPosition: Sendable, Hashable, Comparable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (a: YAMLPosition, b: YAMLPosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}

/// A value of a YAML document and where it was written.
///
/// Aliases and merge keys are resolved already. A node that came through an alias keeps the
/// position of its anchor: that is the line to edit.
package struct YAMLNode: Sendable, Equatable {
    /// What a node can be: the types of the YAML 1.2 core schema.
    package enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        /// A decimal integer as written, valid as a JSON number. Hexadecimal is converted,
        /// a leading `+` is dropped. May be too large for `Int`.
        case integer(String)
        /// A decimal fraction as written, valid as a JSON number (`.5` becomes `0.5`, `5.`
        /// becomes `5.0`), or one of `.inf`, `-.inf`, `.nan`, which JSON does not have.
        case float(String)
        case string(String)
        case sequence([YAMLNode])
        /// In the order written, without duplicate keys; merged entries come first.
        case mapping([YAMLEntry])
    }

    package let value: Value
    package let position: YAMLPosition

    package init(_ value: Value, at position: YAMLPosition) {
        self.value = value
        self.position = position
    }

    /// The value of the entry whose key is this string; `nil` when there is none or this is
    /// no mapping.
    package subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = value else { return nil }
        return entries.first { $0.key.value == .string(key) }?.value
    }

    /// The element at this place; `nil` when there is none or this is no sequence.
    package subscript(index: Int) -> YAMLNode? {
        guard case .sequence(let items) = value, items.indices.contains(index) else { return nil }
        return items[index]
    }
}

/// One `key: value` of a mapping. The key is a scalar, not always a string.
package struct YAMLEntry: Sendable, Equatable {
    package let key: YAMLNode
    package let value: YAMLNode

    package init(key: YAMLNode, value: YAMLNode) {
        self.key = key
        self.value = value
    }
}
