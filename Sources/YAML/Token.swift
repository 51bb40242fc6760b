/// A piece of structure or text, with the place where it begins.
struct Token {
    enum Kind {
        case blockSequenceStart, blockMappingStart, blockEnd
        case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
        case blockEntry, flowEntry
        case key, value
        case anchor(String), alias(String), tag(CoreTag)
        case plain(String), quoted(String), block(String)
        case directive, documentStart, documentEnd, streamEnd
    }

    let kind: Kind
    let position: YAMLPosition

    /// What the token is called in a message. Never its text, which may be a secret.
    var name: String {
        switch kind {
        case .blockSequenceStart, .blockEntry: "'-'"
        case .blockMappingStart: "a mapping"
        case .blockEnd: "the end of the indented block"
        case .flowSequenceStart: "'['"
        case .flowSequenceEnd: "']'"
        case .flowMappingStart: "'{'"
        case .flowMappingEnd: "'}'"
        case .flowEntry: "','"
        case .key: "a key"
        case .value: "':'"
        case .anchor: "an anchor"
        case .alias: "an alias"
        case .tag: "a tag"
        case .plain, .quoted, .block: "a scalar"
        case .directive: "a directive"
        case .documentStart: "'---'"
        case .documentEnd: "'...'"
        case .streamEnd: "the end of the file"
        }
    }
}

/// The tags of the YAML 1.2 core schema, `!!str` and so on. All others are refused.
enum CoreTag: String {
    case null, bool, int, float, str, seq, map
}

/// The tokens of a document, up to the first that could not be read.
struct TokenStream {
    let tokens: [Token]
    /// What stands where the tokens stop; without it the last token is `streamEnd`.
    let failure: YAMLError?
}
