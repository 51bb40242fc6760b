import Testing

@testable import YAML

/// What is refused, at which place and with which words.
@Suite("Refused documents") struct RefusalTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let document: String
        let line: Int
        let column: Int
        let message: String

        init(_ document: String, _ line: Int, _ column: Int, _ message: String) {
            (self.document, self.line, self.column, self.message) = (document, line, column, message)
        }

        var testDescription: String { document.debugDescription }
    }

    /// Plain scalars to which PyYAML and YAML 1.2 give different types.
    static let ambiguous = [
        Refusal("a: yes", 1, 4, "write true, or put quotes around it"),
        Refusal("a: [b, On]", 1, 8, "write true, or put quotes around it"),
        Refusal("off: 1", 1, 1, "write false, or put quotes around it"),
        Refusal("a: NO", 1, 4, "write false, or put quotes around it"),
        Refusal("a: 0755", 1, 4, "drop the zero, or put quotes around it"),
        Refusal("a: 089", 1, 4, "drop the zero, or put quotes around it"),
        Refusal("a: 0o17", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 0b11", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: +0x1F", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 0x1_F", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 1_000", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 1_0.5e+3", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 12:30", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 0:30.5", 1, 4, "write a decimal number, or put quotes around it"),
        Refusal("a: 1e3", 1, 4, "write it like 0.5, 1.0e+3 or 2.0e-8"),
        Refusal("a: 2e-08", 1, 4, "write it like 0.5, 1.0e+3 or 2.0e-8"),
        Refusal("a: -1.5E3", 1, 4, "write it like 0.5, 1.0e+3 or 2.0e-8"),
        Refusal("a: -.5", 1, 4, "write it like 0.5, 1.0e+3 or 2.0e-8"),
        Refusal("a: 2024-01-31", 1, 4, "is a date in YAML 1.1"),
        Refusal("a: 2024-1-31 10:00:00", 1, 4, "is a date in YAML 1.1"),
        Refusal("a: 2001-12-14t21:59:43.10-05:00", 1, 4, "is a date in YAML 1.1"),
        Refusal("a: =", 1, 4, "special meaning"),
        Refusal("a: <<", 1, 4, "special meaning"),
        Refusal("a: 1.0e+400", 1, 4, "too large for a number"),
        Refusal("a: 0xFFFFFFFFFFFFFFFFF", 1, 4, "more than 64 bits"),
        Refusal("a: !!bool yes", 1, 11, "write true"),
        Refusal("a: !!int x", 1, 10, "not a value of the type !!int"),
    ]

    /// Indentation, keys and collections.
    static let structure = [
        Refusal("a:\n\tb: 1", 2, 1, "a tab cannot"),
        Refusal("a:\t1", 1, 3, "a tab cannot"),
        Refusal("a: 1\t", 1, 5, "a tab cannot"),
        Refusal("a: 1\nb: 2\na: 3", 3, 1, "this key stands in line 1 already"),
        Refusal("1: a\n1.0: b", 2, 1, "this key stands in line 1 already"),
        Refusal("{a: 1, \"a\": 2}", 1, 8, "this key stands in line 1 already"),
        Refusal("a: b: c", 1, 5, "a ': ' cannot stand here"),
        Refusal("a: 1\n  b: 2", 2, 4, "check the indentation"),
        Refusal("a: \"b\nc\": d", 2, 3, "a ': ' cannot stand here"),
        Refusal("a:\n    b: 1\n  c: 2", 3, 3, "the indentation of this line fits nothing above it"),
        Refusal("  a: 1\nb: 2", 2, 1, "its indentation is wrong"),
        Refusal("a: 1\nb\nc: 3", 2, 1, "no ':' follows"),
        Refusal("a: 1\n- b", 2, 1, "cannot stand among the keys of a mapping"),
        Refusal("a:\n  - b\n  c: d", 3, 3, "cannot stand among the '-' entries of a sequence"),
        Refusal("a: - b", 1, 4, "must begin on a line of its own"),
        Refusal("a: ? b", 1, 4, "must begin on a line of its own"),
        Refusal("a: \"b\" c", 1, 8, "the value before is complete"),
        Refusal(": a", 1, 1, "a key was expected here"),
        Refusal("? [a]\n: b", 1, 3, "a key must be a scalar"),
        Refusal("a: {[b]: c}", 1, 5, "a key must be a scalar"),
        Refusal("a: [1, 2", 1, 9, "still open at the end of the file"),
        Refusal("a: [1, 2\nb: 3", 2, 2, "',' or the closing bracket was expected"),
        Refusal("a: [1}", 1, 6, "a value was expected here, not '}'"),
        Refusal("a: ]", 1, 4, "nothing is open"),
        Refusal("a: [, b]", 1, 5, "a value was expected here, not ','"),
        Refusal("a: [- b]", 1, 5, "cannot stand inside [ ] or { }"),
        Refusal("a: [b?c]", 1, 6, "a text with '?' needs quotes"),
        Refusal("a: [?b]", 1, 5, "begins with '?' needs quotes"),
        Refusal("a: [:b]", 1, 5, "a ':' needs a space behind it"),
        Refusal("a: [b\n  # comment\n  c]", 3, 3, "',' or the closing bracket was expected"),
        Refusal("a: [b]#c", 1, 7, "a comment needs a space"),
        Refusal("<<: 1", 1, 1, "'<<' needs a mapping"),
        Refusal("a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a", 4, 3, "a second time"),
    ]

    /// Scalars, properties, documents and characters.
    static let text = [
        Refusal("a: \"open\nb: 1", 1, 4, "never closed"),
        Refusal("a: \"one\n---\nb\"", 1, 4, "still open at a document marker"),
        Refusal("a: \"\\q\"", 1, 5, "this escape is not known"),
        Refusal("a: \"\\x4g\"", 1, 5, "needs 2 hexadecimal digits"),
        Refusal("a: \"\\ud83d\\ude00\"", 1, 5, "no Unicode character"),
        Refusal("a: \"b\"#c", 1, 7, "a comment needs a space"),
        Refusal("a: @b", 1, 4, "begins with '@' needs quotes"),
        Refusal("model_name: *", 1, 13, "begins with '*' needs quotes"),
        Refusal("a: %b", 1, 4, "begins with '%' needs quotes"),
        Refusal("a: | text", 1, 6, "begins on the next line"),
        Refusal("a: |0\n  x", 1, 4, "at most one digit"),
        Refusal("a: |+-\n  x", 1, 4, "at most one digit"),
        Refusal("a: |\n     \n  text", 2, 6, "indented deeper than the text"),
        Refusal("a: |\n    text\n  less", 3, 3, "the value before is complete"),
        Refusal("a: &x 1\nb: &x 2", 2, 4, "this anchor exists already, in line 1"),
        Refusal("a: *nowhere", 1, 4, "no anchor of this name"),
        Refusal("a: &a [*a]", 1, 8, "would contain itself"),
        Refusal("a: &a: 1", 1, 4, "name of an anchor"),
        Refusal("a: !env X", 1, 4, "this tag is not one of"),
        Refusal("a: ! b", 1, 4, "this tag is not one of"),
        Refusal("a: !!map [1]", 1, 10, "not a value of the type !!map"),
        Refusal("%TAG ! tag:x,2000:\n---\na: 1", 1, 1, "of the directives only"),
        Refusal("%YAML 1.2#c\n---\na: 1", 1, 1, "of the directives only"),
        Refusal("%YAML 1.2\na: 1", 2, 1, "'---' must follow a directive"),
        Refusal("a: 1\n---\nb: 2", 2, 1, "a second document begins here"),
        Refusal("a: 1\n...\nb: 2", 3, 1, "the document ends before this"),
        Refusal("...", 1, 1, "no document that '...' could end"),
        Refusal("a: b\u{00}", 1, 5, "the character U+0000 is not allowed"),
        Refusal("a: b\u{85}", 1, 5, "U+0085 means different things"),
        Refusal("é: ü\u{2028}", 1, 5, "U+2028 means different things"),
        Refusal("a: \u{FEFF}", 1, 4, "belongs at the beginning only"),
    ]

    @Test("a plain scalar that two readers read differently is refused", arguments: ambiguous)
    func ambiguousScalar(_ refusal: Refusal) { expect(refusal) }

    @Test("broken structure is refused where it breaks", arguments: structure)
    func brokenStructure(_ refusal: Refusal) { expect(refusal) }

    @Test("broken text is refused where it breaks", arguments: text)
    func brokenText(_ refusal: Refusal) { expect(refusal) }

    private func expect(_ refusal: Refusal) {
        do throws(YAMLError) {
            let node = try YAML.parse(Array(refusal.document.utf8))
            Issue.record("it loaded as \(CanonicalJSON.text(node))")
        } catch {
            #expect(error.position == YAMLPosition(line: refusal.line, column: refusal.column), "\(error)")
            #expect(error.message.contains(refusal.message), "\(error)")
        }
    }

    @Test("a message repeats no text of the document", arguments: ambiguous.filter { $0.document.contains("2") || $0.document.contains("7") } + [
        Refusal("a: !s3cret b", 1, 4, "tag"), Refusal("a: *s3cret", 1, 4, "anchor"), Refusal("a: b &s3cret\n*s3cret", 2, 1, ""),
    ])
    func nothingRepeated(_ refusal: Refusal) {
        let text = refusal.document.drop { $0 != " " }.dropFirst().filter { $0 != "&" && $0 != "*" && $0 != "!" }
        let failure = #expect(throws: YAMLError.self) { try YAML.parse(Array(refusal.document.utf8)) }
        #expect(failure?.message.contains(text) == false)
        #expect(failure?.message.contains("s3cret") == false)
    }

    @Test("bytes that are not UTF-8 are refused", arguments: [
        [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80],
    ] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        #expect(throws: YAMLError("this is not UTF-8", at: YAMLPosition(line: 2, column: 4))) {
            try YAML.parse(Array("a: é\nb: ".utf8) + bytes)
        }
    }
}
