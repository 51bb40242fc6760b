/// YAML for configuration files: the part on which YAML 1.2 and PyYAML agree.
///
/// A document that loads means what PyYAML's `safe_load` says it means. A document that the
/// two read differently (`yes`, `010`, `1e3`, `2024-01-31`, a duplicate key) is refused with
/// the place that is the reason, because a configuration must not be guessed. Where PyYAML
/// accepts what YAML 1.2 forbids, it is accepted only if it can mean one thing (a closing
/// bracket in the first column).
package enum YAML {
    /// What is longer is refused: a reader of files need not read on.
    package static let maximumBytes = YAMLLimits.bytes

    /// Reads a document.
    ///
    /// - Parameter text: UTF-8; an initial byte order mark is skipped.
    /// - Returns: the only document of the text; null when the text holds none.
    /// - Throws: the first thing that is wrong, in the order of the text.
    package static func parse(_ text: [UInt8]) throws(YAMLError) -> YAMLNode {
        var scanner = Scanner(try SourceText.checked(text))
        var composer = Composer(scanner.scan())
        return try composer.document()
    }
}

/// Bounds that keep a hostile or mistaken document from costing memory or stack.
enum YAMLLimits {
    /// The largest LiteLLM configurations, thousands of models, stay below a fifth of this.
    static let bytes = 1024 * 1024
    /// Collections inside one another. Configurations use 6; the reader recurses per level.
    static let depth = 64
    /// Nodes after aliases are expanded. Nine lines of nested aliases make a billion.
    static let nodes = 100_000
    /// YAML 1.2, section 8.2.2: a key without `?` is on one line and no longer than this.
    static let keyLength = 1024
}
