extension [UInt8] {
    /// Appends the UTF-8 of a text in one copy: `append(contentsOf: text.utf8)` goes byte by byte.
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}
