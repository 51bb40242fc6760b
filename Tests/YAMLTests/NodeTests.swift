import Testing

@testable import YAML

@Suite("Nodes") struct NodeTests {
    private func parse(_ text: String) throws -> YAMLNode { try YAML.parse(Array(text.utf8)) }

    @Test("every node knows its line and column")
    func positions() throws {
        let node = try parse("# c\nmodel_list:\n  - model_name: é\n    litellm_params: {model: \"x\",  n: 2}\n  -\n")
        let list = try #require(node["model_list"])
        #expect(node.position == YAMLPosition(line: 2, column: 1))
        #expect(list.position == YAMLPosition(line: 3, column: 3))
        let model = try #require(list[0])
        #expect(model.position == YAMLPosition(line: 3, column: 5))
        #expect(model["model_name"]?.position == YAMLPosition(line: 3, column: 17))
        #expect(model["litellm_params"]?.position == YAMLPosition(line: 4, column: 21))
        #expect(model["litellm_params"]?["n"]?.position == YAMLPosition(line: 4, column: 38))
        #expect(list[1] == YAMLNode(.null, at: YAMLPosition(line: 5, column: 3)))
    }

    @Test("columns count characters, not bytes")
    func columns() throws {
        #expect(try parse("日本: [é, ü]")["日本"]?[1]?.position == YAMLPosition(line: 1, column: 9))
    }

    @Test("a node behind an alias or a merge key keeps the place where it was written")
    func aliasPositions() throws {
        let node = try parse("a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n  y: 2\n")
        #expect(node["b"]?.position == YAMLPosition(line: 1, column: 7))
        #expect(node["b"]?["x"]?.position == YAMLPosition(line: 1, column: 11))
        #expect(node["c"]?["x"]?.position == YAMLPosition(line: 1, column: 11))
        #expect(node["c"]?["y"]?.position == YAMLPosition(line: 5, column: 6))
    }

    @Test("numbers keep their digits and are valid JSON", arguments: [
        ("12345678901234567890", "12345678901234567890"), ("+7", "7"), ("-0", "0"), ("0x10", "16"), ("-12", "-12"),
    ])
    func integers(text: String, lexeme: String) throws {
        #expect(try parse(text).value == .integer(lexeme))
    }

    @Test("fractions keep their digits and are valid JSON", arguments: [
        ("2.384185791015625e-08", "2.384185791015625e-08"), (".5", "0.5"), ("5.", "5.0"), ("007.50", "7.50"),
        ("0.10", "0.10"), ("1.E+3", "1.0e+3"), ("-0.0", "-0.0"), ("!!float 3", "3.0"), ("!!float 1e3", "1e3"),
    ])
    func fractions(text: String, lexeme: String) throws {
        #expect(try parse(text).value == .float(lexeme))
    }

    @Test("a missing key or index is nil")
    func missing() throws {
        let node = try parse("a: [1]")
        #expect(node["b"] == nil)
        #expect(node[0] == nil)
        #expect(node["a"]?[1] == nil)
        #expect(node["a"]?["x"] == nil)
    }
}
