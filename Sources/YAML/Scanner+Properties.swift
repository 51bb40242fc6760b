/// Anchors, aliases, tags and directives. YAML 1.2, sections 6.8, 6.9 and 7.1.
extension Scanner {
    mutating func scanAnchor(at start: YAMLPosition) throws(YAMLError) {
        try noteCandidate()
        keyMayBegin = false
        append(.anchor(try scanAnchorName(at: start)), at: start)
    }

    mutating func scanAlias(at start: YAMLPosition) throws(YAMLError) {
        try noteCandidate()
        keyMayBegin = false
        append(.alias(try scanAnchorName(at: start)), at: start)
    }

    /// YAML 1.2 lets a name contain nearly everything (in `*a: 1` the name is `a:`); PyYAML
    /// ends it at the first character that is not a letter, digit, `-` or `_`. Only names
    /// that both read alike are taken.
    private mutating func scanAnchorName(at start: YAMLPosition) throws(YAMLError) -> String {
        let indicator = Unicode.Scalar(cursor.byte)
        cursor.advance()
        let nameStart = cursor.offset
        while cursor.byte.isAnchorCharacter { cursor.advance() }
        let name = String(decoding: cursor.text(from: nameStart), as: UTF8.self)
        let isClosed = cursor.byte.isSpaceOrEnd || (isInFlow && cursor.byte.isFlowIndicator)
        guard !name.isEmpty, isClosed else {
            throw YAMLError(
                "a text that begins with '\(indicator)' needs quotes; the name of an anchor is made of ASCII letters, digits, '-' and '_'",
                at: start)
        }
        return name
    }

    mutating func scanTag(at start: YAMLPosition) throws(YAMLError) {
        try noteCandidate()
        keyMayBegin = false
        let textStart = cursor.offset
        while !cursor.byte.isSpaceOrEnd && !(isInFlow && cursor.byte.isFlowIndicator) { cursor.advance() }
        let text = String(decoding: cursor.text(from: textStart), as: UTF8.self)
        guard let tag = Self.coreTag(text) else {
            throw YAMLError("this tag is not one of !!str !!int !!float !!bool !!null !!seq !!map; a text that begins with '!' needs quotes", at: start)
        }
        append(.tag(tag), at: start)
    }

    private static func coreTag(_ text: String) -> CoreTag? {
        let verbatim = "!<tag:yaml.org,2002:"
        if text.hasPrefix(verbatim) && text.hasSuffix(">") {
            return CoreTag(rawValue: String(text.dropFirst(verbatim.count).dropLast()))
        }
        guard text.hasPrefix("!!") else { return nil }
        return CoreTag(rawValue: String(text.dropFirst(2)))
    }

    /// Only `%YAML 1.1` and `%YAML 1.2` have a meaning that matters here: none.
    mutating func scanDirective(at start: YAMLPosition) throws(YAMLError) {
        let textStart = cursor.offset
        while !cursor.byte.isBreakOrEnd { cursor.advance() }
        let line = String(decoding: cursor.text(from: textStart), as: UTF8.self)
        let words = line.split(separator: " ").prefix { !$0.hasPrefix("#") }
        guard words == ["%YAML", "1.1"] || words == ["%YAML", "1.2"] else {
            throw YAMLError("of the directives only %YAML 1.1 and %YAML 1.2 are known", at: start)
        }
        try dropCandidate()
        keyMayBegin = false
        append(.directive, at: start)
    }
}

extension UInt8 {
    fileprivate var isAnchorCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), .dash, UInt8(ascii: "_"): true
        default: false
        }
    }
}
