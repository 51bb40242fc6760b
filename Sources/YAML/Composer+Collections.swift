/// Sequences and mappings. YAML 1.2, sections 7.4 and 8.2.
extension Composer {
    mutating func blockSequence() throws(YAMLError) -> YAMLNode.Value {
        take()
        let items = try blockItems()
        let end = try peek()
        guard case .blockEnd = end.kind else { throw misplaced(end, expected: "'-'") }
        take()
        return .sequence(items)
    }

    /// Its `-` stand in the column of the key before it, so no end of a block follows it.
    mutating func unindentedSequence() throws(YAMLError) -> YAMLNode.Value {
        .sequence(try blockItems())
    }

    private mutating func blockItems() throws(YAMLError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let dash = try peek()
            guard case .blockEntry = dash.kind else { return items }
            take()
            switch try peek().kind {
            case .blockEntry, .key, .value, .blockEnd: items.append(try empty(at: dash.position))
            default: items.append(try node(.block))
            }
        }
    }

    mutating func blockMapping() throws(YAMLError) -> YAMLNode.Value {
        take()
        var mapping = MappingBuilder()
        while true {
            let token = try peek()
            switch token.kind {
            case .key: try blockEntry(of: &mapping)
            case .blockEnd:
                take()
                return mapping.value
            default: throw misplaced(token, expected: "a key")
            }
        }
    }

    private mutating func blockEntry(of mapping: inout MappingBuilder) throws(YAMLError) {
        let start = try peek()
        take()
        let key: MappingBuilder.Key = switch try peek().kind {
        case .key, .value, .blockEnd: .node(try empty(at: start.position))
        default: try self.key(.blockValue)
        }
        guard case .value = try peek().kind else {
            return try mapping.add(key, try empty(at: start.position), at: start.position)
        }
        let colon = try peek()
        take()
        let value = switch try peek().kind {
        case .key, .value, .blockEnd: try empty(at: colon.position)
        default: try node(.blockValue)
        }
        try mapping.add(key, value, at: start.position)
    }

    mutating func flowSequence() throws(YAMLError) -> YAMLNode.Value {
        take()
        var items: [YAMLNode] = []
        while true {
            let token = try peek()
            switch token.kind {
            case .flowSequenceEnd:
                take()
                return .sequence(items)
            case .key:
                // `[a: 1]` is a sequence of one mapping.
                var pair = MappingBuilder()
                try flowPair(of: &pair)
                items.append(YAMLNode(pair.value, at: token.position))
            default: items.append(try node(.flow))
            }
            try flowSeparator()
        }
    }

    mutating func flowMapping() throws(YAMLError) -> YAMLNode.Value {
        take()
        var mapping = MappingBuilder()
        while true {
            let token = try peek()
            switch token.kind {
            case .flowMappingEnd:
                take()
                return mapping.value
            case .key: try flowPair(of: &mapping)
            default:
                // `{a, b: 1}`: a key alone.
                let key = try self.key(.flow)
                try mapping.add(key, try empty(at: token.position), at: token.position)
            }
            try flowSeparator()
        }
    }

    private mutating func flowPair(of mapping: inout MappingBuilder) throws(YAMLError) {
        let start = try peek()
        take()
        let key: MappingBuilder.Key = switch try peek().kind {
        case .value, .flowEntry, .flowMappingEnd, .flowSequenceEnd: .node(try empty(at: start.position))
        default: try self.key(.flow)
        }
        guard case .value = try peek().kind else {
            return try mapping.add(key, try empty(at: start.position), at: start.position)
        }
        let colon = try peek()
        take()
        let value = switch try peek().kind {
        case .flowEntry, .flowMappingEnd, .flowSequenceEnd: try empty(at: colon.position)
        default: try node(.flow)
        }
        try mapping.add(key, value, at: start.position)
    }

    /// Past a comma. The ends of both collections are left for their readers to judge.
    private mutating func flowSeparator() throws(YAMLError) {
        let token = try peek()
        switch token.kind {
        case .flowEntry: take()
        case .flowSequenceEnd, .flowMappingEnd: break
        case .streamEnd, .documentStart, .documentEnd:
            throw YAMLError("a '[' or '{' is still open at \(token.name)", at: token.position)
        default:
            throw YAMLError("',' or the closing bracket was expected here, not \(token.name)", at: token.position)
        }
    }

    /// A key; `<<` without quotes is the merge key.
    private mutating func key(_ place: Place) throws(YAMLError) -> MappingBuilder.Key {
        if case .plain("<<") = try peek().kind {
            take()
            return .merge
        }
        return .node(try node(place))
    }

    private func misplaced(_ token: Token, expected: String) -> YAMLError {
        switch token.kind {
        case .blockMappingStart, .blockSequenceStart:
            YAMLError("the indentation of this line fits nothing above it", at: token.position)
        case .blockEntry:
            YAMLError("a '-' entry cannot stand among the keys of a mapping", at: token.position)
        case .key where expected != "a key":
            YAMLError("a key cannot stand among the '-' entries of a sequence", at: token.position)
        case .documentStart, .documentEnd, .streamEnd:
            YAMLError("\(expected) was expected here, not \(token.name)", at: token.position)
        default:
            YAMLError("\(expected) was expected here, not \(token.name): the value before is complete", at: token.position)
        }
    }
}
