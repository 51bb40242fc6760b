/// Builds nodes out of tokens: properties, types, aliases and the bounds on all of them.
struct Composer {
    private let stream: TokenStream
    private var next = 0
    private var anchors: [String: Anchor] = [:]
    /// Collections around the node being read.
    private var depth = 0
    /// The most collections around any node since it was last reset.
    private var deepest = 0
    /// Nodes so far, those behind aliases counted each time.
    private var nodeCount = 0

    private struct Anchor {
        let position: YAMLPosition
        /// `nil` while the node is being read: an alias to it then stands inside of it.
        var expansion: Expansion?
    }

    private struct Expansion {
        let node: YAMLNode
        let nodes: Int
        let depth: Int
    }

    private struct Properties {
        var anchor: String?
        var tag: CoreTag?
        var position: YAMLPosition?
    }

    /// Where a node stands, which decides what it may be.
    enum Place {
        /// Inside `[ ]` or `{ }`: no block collections.
        case flow
        case block
        /// Behind a key: also a sequence whose `-` is in the column of the key.
        case blockValue
    }

    init(_ stream: TokenStream) {
        self.stream = stream
    }

    /// The only document of the stream.
    mutating func document() throws(YAMLError) -> YAMLNode {
        try skipPrologue()
        let token = try peek()
        let root: YAMLNode
        switch token.kind {
        case .streamEnd, .documentEnd: root = YAMLNode(.null, at: token.position)
        default: root = try node(.block)
        }
        while case .documentEnd = try peek().kind { take() }
        let rest = try peek()
        switch rest.kind {
        case .streamEnd: return root
        case .documentStart, .directive:
            throw YAMLError("a second document begins here; a configuration is one document", at: rest.position)
        default:
            throw YAMLError("the document ends before this, or its indentation is wrong", at: rest.position)
        }
    }

    private mutating func skipPrologue() throws(YAMLError) {
        let first = try peek()
        var hasDirective = false
        if case .directive = first.kind {
            hasDirective = true
            take()
        }
        let token = try peek()
        switch token.kind {
        case .documentStart: take()
        case .documentEnd: throw YAMLError("there is no document that '...' could end", at: token.position)
        case _ where hasDirective: throw YAMLError("'---' must follow a directive", at: token.position)
        default: break
        }
    }

    func peek() throws(YAMLError) -> Token {
        if next < stream.tokens.count { return stream.tokens[next] }
        throw stream.failure ?? YAMLError("the document ends too early", at: YAMLPosition(line: 1, column: 1))
    }

    mutating func take() {
        next += 1
    }

    mutating func node(_ place: Place) throws(YAMLError) -> YAMLNode {
        let token = try peek()
        if case .alias(let name) = token.kind {
            take()
            return try expand(name, at: token.position)
        }
        let properties = try takeProperties()
        guard let name = properties.anchor else { return try content(properties, place) }
        anchors[name] = Anchor(position: token.position, expansion: nil)
        let nodesBefore = nodeCount, deepestBefore = deepest
        deepest = depth
        let node = try content(properties, place)
        anchors[name]?.expansion = Expansion(node: node, nodes: nodeCount - nodesBefore, depth: deepest - depth)
        deepest = max(deepest, deepestBefore)
        return node
    }

    /// The node that stands for nothing at all: `key:` with no value, `-` with no entry.
    mutating func empty(at position: YAMLPosition) throws(YAMLError) -> YAMLNode {
        try counted(YAMLNode(.null, at: position))
    }

    /// Runs `body` one level deeper.
    private mutating func collection(
        _ tag: CoreTag, _ properties: Properties, _ body: (inout Composer) throws(YAMLError) -> YAMLNode.Value
    ) throws(YAMLError) -> YAMLNode {
        let position = try peek().position
        if let wanted = properties.tag, wanted != tag {
            throw YAMLError("this is not a value of the type !!\(wanted.rawValue)", at: position)
        }
        try enter(1, at: position)
        depth += 1
        let value = try body(&self)
        depth -= 1
        return try counted(YAMLNode(value, at: position))
    }

    private mutating func content(_ properties: Properties, _ place: Place) throws(YAMLError) -> YAMLNode {
        let token = try peek()
        switch token.kind {
        case .plain(let text):
            take()
            return try scalar(text, properties.tag, at: token.position)
        case .quoted(let text), .block(let text):
            take()
            return try scalar(text, properties.tag ?? .str, at: token.position)
        case .flowSequenceStart:
            return try collection(.seq, properties) { composer throws(YAMLError) in try composer.flowSequence() }
        case .flowMappingStart:
            return try collection(.map, properties) { composer throws(YAMLError) in try composer.flowMapping() }
        case .blockSequenceStart where place != .flow:
            return try collection(.seq, properties) { composer throws(YAMLError) in try composer.blockSequence() }
        case .blockEntry where place == .blockValue:
            return try collection(.seq, properties) { composer throws(YAMLError) in try composer.unindentedSequence() }
        case .blockMappingStart where place != .flow:
            return try collection(.map, properties) { composer throws(YAMLError) in try composer.blockMapping() }
        default:
            guard let position = properties.position else {
                throw YAMLError("a value was expected here, not \(token.name)", at: token.position)
            }
            return try scalar("", properties.tag, at: position)
        }
    }

    private mutating func scalar(_ text: String, _ tag: CoreTag?, at position: YAMLPosition) throws(YAMLError) -> YAMLNode {
        let value: YAMLNode.Value = switch tag {
        case nil: try CoreSchema.resolve(text, at: position)
        case .str: .string(text)
        case .some(let tag): try CoreSchema.resolve(text, as: tag, at: position)
        }
        return try counted(YAMLNode(value, at: position))
    }

    // MARK: Properties, aliases, bounds

    private mutating func takeProperties() throws(YAMLError) -> Properties {
        var properties = Properties()
        while true {
            let token = try peek()
            switch token.kind {
            case .anchor(let name) where properties.anchor == nil:
                if let first = anchors[name]?.position {
                    throw YAMLError("this anchor exists already, in line \(first.line)", at: token.position)
                }
                properties.anchor = name
            case .tag(let tag) where properties.tag == nil: properties.tag = tag
            default: return properties
            }
            properties.position = properties.position ?? token.position
            take()
        }
    }

    private mutating func expand(_ name: String, at position: YAMLPosition) throws(YAMLError) -> YAMLNode {
        guard let anchor = anchors[name] else {
            throw YAMLError("no anchor of this name stands above; a text that begins with '*' needs quotes", at: position)
        }
        guard let expansion = anchor.expansion else {
            throw YAMLError("what this alias stands for would contain itself", at: position)
        }
        try enter(expansion.depth, at: position)
        try count(expansion.nodes, at: position)
        return expansion.node
    }

    private mutating func enter(_ levels: Int, at position: YAMLPosition) throws(YAMLError) {
        guard depth + levels <= YAMLLimits.depth else {
            throw YAMLError("more than \(YAMLLimits.depth) collections inside one another", at: position)
        }
        deepest = max(deepest, depth + levels)
    }

    private mutating func counted(_ node: YAMLNode) throws(YAMLError) -> YAMLNode {
        try count(1, at: node.position)
        return node
    }

    private mutating func count(_ nodes: Int, at position: YAMLPosition) throws(YAMLError) {
        nodeCount += nodes
        guard nodeCount <= YAMLLimits.nodes else {
            throw YAMLError("more than \(YAMLLimits.nodes) values, aliases expanded", at: position)
        }
    }
}
