/// Collects the entries of a mapping: refuses duplicate keys and applies merge keys.
struct MappingBuilder {
    enum Key {
        case merge
        case node(YAMLNode)
    }

    private var entries: [YAMLEntry] = []
    private var merged: [YAMLEntry] = []
    private var hasMerge = false
    private var places: [Identity: YAMLPosition] = [:]

    /// What makes two keys the same to Python: 1, 1.0 and true are one key.
    private enum Identity: Hashable {
        case null
        case integer(String)
        case float(Double)
        case string(String)

        init?(_ key: YAMLNode) {
            switch key.value {
            case .null: self = .null
            case .bool(let isTrue): self = .float(isTrue ? 1 : 0)
            case .integer(let lexeme):
                // Beyond 2^53 the double is not the number any more.
                if lexeme.utf8.count <= 15, let double = Double(lexeme) {
                    self = .float(double)
                } else {
                    self = .integer(lexeme)
                }
            case .float(let lexeme): self = Double(lexeme).map(Identity.float) ?? .string(lexeme)
            case .string(let text): self = .string(text)
            case .sequence, .mapping: return nil
            }
        }
    }

    /// Own entries win over merged ones, of the merged ones the first.
    var value: YAMLNode.Value {
        let inherited = merged.filter { entry in
            Identity(entry.key).map { places[$0] == nil } ?? true
        }
        return .mapping(inherited + entries)
    }

    mutating func add(_ key: Key, _ value: YAMLNode, at position: YAMLPosition) throws(YAMLError) {
        switch key {
        case .merge:
            guard !hasMerge else { throw YAMLError("'<<' stands here a second time; merge a list: <<: [*a, *b]", at: position) }
            hasMerge = true
            try merge(value, at: position)
        case .node(let node):
            guard let identity = Identity(node) else {
                throw YAMLError("a key must be a scalar", at: node.position)
            }
            if let first = places.updateValue(node.position, forKey: identity) {
                throw YAMLError("this key stands in line \(first.line) already", at: node.position)
            }
            entries.append(YAMLEntry(key: node, value: value))
        }
    }

    private mutating func merge(_ value: YAMLNode, at position: YAMLPosition) throws(YAMLError) {
        let sources: [YAMLNode] = if case .sequence(let items) = value.value { items } else { [value] }
        var seen: Set<Identity> = []
        for source in sources {
            guard case .mapping(let inherited) = source.value else {
                throw YAMLError("'<<' needs a mapping, or a list of mappings", at: position)
            }
            for entry in inherited {
                guard let identity = Identity(entry.key), seen.insert(identity).inserted else { continue }
                merged.append(entry)
            }
        }
    }
}
