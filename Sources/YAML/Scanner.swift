/// Cuts a document into tokens and turns its indentation into starts and ends of blocks.
///
/// The rules are those that PyYAML applies (YAML 1.2, chapters 6 to 9, read one character at
/// a time): whether a scalar is a key is known only when its `:` arrives, so every scalar
/// that could be one is remembered until the line ends or 1024 characters have passed, and
/// the key token is put before it afterwards.
struct Scanner {
    var cursor: Cursor
    /// Whether a key may begin here. Not after a value has begun on the same line.
    var keyMayBegin = true
    /// How many flow collections are open.
    private(set) var flowDepth = 0
    /// The column of the innermost open block collection; -1 outside of all.
    private(set) var indentation = -1
    private var outerIndentations: [Int] = []
    private var tokens: [Token] = []
    /// What may turn out to be a key: one candidate a flow level.
    private var candidates: [Candidate?] = [nil]

    private struct Candidate {
        let tokenIndex: Int
        let cursor: Cursor
        /// It stands where the block mapping around it has its keys, so it must be one.
        let isRequired: Bool
    }

    init(_ text: [UInt8]) {
        cursor = Cursor(text)
    }

    var isInFlow: Bool { flowDepth > 0 }

    /// Everything up to the end or the first error.
    ///
    /// Tokens behind a candidate that was still open at the error are withheld: it is not
    /// known whether a key token belongs before them.
    mutating func scan() -> TokenStream {
        do throws(YAMLError) {
            while try scanToken() {}
            return TokenStream(tokens: tokens, failure: nil)
        } catch {
            let certain = candidates.compactMap { $0?.tokenIndex }.min() ?? tokens.count
            return TokenStream(tokens: Array(tokens[..<certain]), failure: error)
        }
    }

    /// Appends at least one token. False after the last.
    private mutating func scanToken() throws(YAMLError) -> Bool {
        try skipToToken()
        try dropStaleCandidates()
        closeBlocks(downTo: cursor.column)
        let start = cursor.position
        if cursor.isAtEnd {
            closeBlocks(downTo: -1)
            try dropCandidate()
            append(.streamEnd, at: start)
            return false
        }
        if cursor.column == 0 && cursor.byte == UInt8(ascii: "%") {
            try scanDirective(at: start)
        } else if cursor.isAtDocumentMarker {
            try scanDocumentMarker(at: start)
        } else if !(try scanIndicator(at: start)) {
            try scanScalar(at: start)
        }
        return true
    }

    private mutating func scanIndicator(at start: YAMLPosition) throws(YAMLError) -> Bool {
        switch cursor.byte {
        case UInt8(ascii: "["): try openFlow(.flowSequenceStart, at: start)
        case UInt8(ascii: "{"): try openFlow(.flowMappingStart, at: start)
        case UInt8(ascii: "]"): try closeFlow(.flowSequenceEnd, at: start)
        case UInt8(ascii: "}"): try closeFlow(.flowMappingEnd, at: start)
        case UInt8(ascii: ","):
            keyMayBegin = true
            try dropCandidate()
            appendIndicator(.flowEntry, at: start)
        case .dash where cursor.peek(1).isSpaceOrEnd: try scanBlockEntry(at: start)
        case .question where cursor.peek(1).isSpaceOrEnd: try scanExplicitKey(at: start)
        case .question where isInFlow:
            throw YAMLError("inside [ ] and { } a text that begins with '?' needs quotes", at: start)
        case .colon where isInFlow || cursor.peek(1).isSpaceOrEnd: try scanValue(at: start)
        case UInt8(ascii: "*"): try scanAlias(at: start)
        case UInt8(ascii: "&"): try scanAnchor(at: start)
        case UInt8(ascii: "!"): try scanTag(at: start)
        default: return false
        }
        return true
    }

    private mutating func scanScalar(at start: YAMLPosition) throws(YAMLError) {
        switch cursor.byte {
        case UInt8(ascii: "|") where !isInFlow, UInt8(ascii: ">") where !isInFlow:
            keyMayBegin = true
            try dropCandidate()
            append(.block(try scanBlockScalar()), at: start)
        case .quote, .apostrophe:
            try noteCandidate()
            keyMayBegin = false
            append(.quoted(try scanQuotedScalar()), at: start)
            guard cursor.byte != .hash else {
                throw YAMLError("a comment needs a space before '#'", at: cursor.position)
            }
        case .tab:
            throw YAMLError("a tab cannot separate or indent here: use spaces", at: start)
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"), UInt8(ascii: "|"), UInt8(ascii: ">"):
            let character = Unicode.Scalar(cursor.byte)
            throw YAMLError("a text that begins with '\(character)' needs quotes", at: start)
        default:
            try noteCandidate()
            keyMayBegin = false
            append(.plain(try scanPlainScalar()), at: start)
        }
    }

    /// Past spaces, comments and line breaks.
    private mutating func skipToToken() throws(YAMLError) {
        while true {
            cursor.skipSpaces()
            if cursor.byte == .hash {
                while !cursor.byte.isBreakOrEnd { cursor.advance() }
            }
            guard cursor.byte.isBreak else { return }
            cursor.advanceLine()
            if !isInFlow { keyMayBegin = true }
        }
    }
}

// MARK: - Tokens, keys and blocks

extension Scanner {
    mutating func append(_ kind: Token.Kind, at position: YAMLPosition) {
        tokens.append(Token(kind: kind, position: position))
    }

    private mutating func appendIndicator(_ kind: Token.Kind, at position: YAMLPosition) {
        cursor.advance()
        append(kind, at: position)
    }

    /// Remembers that the token which begins here may be a key.
    mutating func noteCandidate() throws(YAMLError) {
        guard keyMayBegin else { return }
        try dropCandidate()
        candidates[flowDepth] = Candidate(
            tokenIndex: tokens.count, cursor: cursor,
            isRequired: !isInFlow && indentation == cursor.column)
    }

    mutating func dropCandidate() throws(YAMLError) {
        guard let candidate = candidates[flowDepth] else { return }
        try drop(candidate, ofLevel: flowDepth)
    }

    private mutating func dropStaleCandidates() throws(YAMLError) {
        for (level, candidate) in candidates.enumerated() {
            guard let candidate else { continue }
            let isStale = candidate.cursor.line != cursor.line
                || cursor.offset - candidate.cursor.offset > YAMLLimits.keyLength
            if isStale { try drop(candidate, ofLevel: level) }
        }
    }

    private mutating func drop(_ candidate: Candidate, ofLevel level: Int) throws(YAMLError) {
        guard !candidate.isRequired else {
            throw YAMLError("a key of the mapping was expected here, but no ':' follows", at: candidate.cursor.position)
        }
        candidates[level] = nil
    }

    /// Opens a block collection when the column is deeper than the innermost open one.
    private mutating func openBlock(at column: Int) -> Bool {
        guard column > indentation else { return false }
        outerIndentations.append(indentation)
        indentation = column
        return true
    }

    private mutating func closeBlocks(downTo column: Int) {
        guard !isInFlow else { return }
        while indentation > column {
            indentation = outerIndentations.popLast() ?? -1
            append(.blockEnd, at: cursor.position)
        }
    }
}

// MARK: - Indicators

extension Scanner {
    private mutating func scanDocumentMarker(at start: YAMLPosition) throws(YAMLError) {
        closeBlocks(downTo: -1)
        try dropCandidate()
        keyMayBegin = false
        append(cursor.byte == .dash ? .documentStart : .documentEnd, at: start)
        cursor.advance(3)
    }

    private mutating func openFlow(_ kind: Token.Kind, at start: YAMLPosition) throws(YAMLError) {
        try noteCandidate()
        guard flowDepth < YAMLLimits.depth else {
            throw YAMLError("more than \(YAMLLimits.depth) collections inside one another", at: start)
        }
        flowDepth += 1
        candidates.append(nil)
        keyMayBegin = true
        appendIndicator(kind, at: start)
    }

    private mutating func closeFlow(_ kind: Token.Kind, at start: YAMLPosition) throws(YAMLError) {
        guard isInFlow else { throw YAMLError("nothing is open that this could close", at: start) }
        try dropCandidate()
        candidates.removeLast()
        flowDepth -= 1
        keyMayBegin = false
        appendIndicator(kind, at: start)
        guard cursor.byte != .hash else {
            throw YAMLError("a comment needs a space before '#'", at: cursor.position)
        }
    }

    private mutating func scanBlockEntry(at start: YAMLPosition) throws(YAMLError) {
        guard !isInFlow else {
            throw YAMLError("a '-' entry cannot stand inside [ ] or { }", at: start)
        }
        guard keyMayBegin else {
            throw YAMLError("a '-' entry must begin on a line of its own", at: start)
        }
        if openBlock(at: cursor.column) { append(.blockSequenceStart, at: start) }
        try dropCandidate()
        appendIndicator(.blockEntry, at: start)
    }

    private mutating func scanExplicitKey(at start: YAMLPosition) throws(YAMLError) {
        if !isInFlow {
            guard keyMayBegin else {
                throw YAMLError("a '?' key must begin on a line of its own", at: start)
            }
            if openBlock(at: cursor.column) { append(.blockMappingStart, at: start) }
        }
        keyMayBegin = !isInFlow
        try dropCandidate()
        appendIndicator(.key, at: start)
    }

    private mutating func scanValue(at start: YAMLPosition) throws(YAMLError) {
        try refuseAttachedValue(at: start)
        if let candidate = candidates[flowDepth] {
            candidates[flowDepth] = nil
            let keyStart = candidate.cursor.position
            tokens.insert(Token(kind: .key, position: keyStart), at: candidate.tokenIndex)
            if !isInFlow && openBlock(at: candidate.cursor.column) {
                tokens.insert(Token(kind: .blockMappingStart, position: keyStart), at: candidate.tokenIndex)
            }
            keyMayBegin = false
        } else {
            if !isInFlow {
                guard keyMayBegin else {
                    throw YAMLError(
                        "a ': ' cannot stand here: check the indentation, or put quotes around the text",
                        at: start)
                }
                if openBlock(at: cursor.column) { append(.blockMappingStart, at: start) }
            }
            keyMayBegin = !isInFlow
            try dropCandidate()
        }
        appendIndicator(.value, at: start)
    }

    /// Inside `[ ]` and `{ }` PyYAML takes every `:` for the end of a key, YAML 1.2 only one
    /// that is followed by a space or stands behind a quoted key.
    private func refuseAttachedValue(at start: YAMLPosition) throws(YAMLError) {
        guard isInFlow, !cursor.peek(1).isSpaceOrEnd, !cursor.peek(1).isFlowIndicator else { return }
        switch tokens.last?.kind {
        case .quoted, .flowSequenceEnd, .flowMappingEnd: return
        default: throw YAMLError("inside [ ] and { } a ':' needs a space behind it, or quotes around the text", at: start)
        }
    }
}
