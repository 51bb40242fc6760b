import Testing

@testable import YAML

@Suite("Limits") struct LimitTests {
    private func failure(_ text: String) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAML.parse(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("64 collections inside one another load, 65 do not")
    func depth() {
        let flow = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(failure(flow(64)) == nil)
        #expect(failure(flow(65))?.column == 65)
        #expect(failure(String(repeating: "- ", count: 64) + "a") == nil)
        #expect(failure(String(repeating: "- ", count: 65) + "a")?.message.contains("inside one another") == true)
    }

    @Test("a million brackets are refused without using up the stack")
    func hostileDepth() {
        #expect(failure(String(repeating: "[", count: 1_000_000))?.column == 65)
        #expect(failure(String(repeating: "- ", count: 20_000))?.message.contains("inside one another") == true)
        #expect(failure(String(repeating: "{a: ", count: 250_000)) != nil)
    }

    @Test("an alias brings the depth of its anchor along")
    func aliasDepth() {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(failure("a: &a \(deep)\nb: [[*a]]") == nil)
        let tooDeep = String(repeating: "[", count: 30) + "*a" + String(repeating: "]", count: 30)
        #expect(failure("a: &a \(deep)\nb: \(tooDeep)")?.line == 2)
    }

    @Test("nested aliases cannot make a billion nodes")
    func aliasExpansion() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<10 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(failure(text)?.message == "more than 100000 values, aliases expanded")
        #expect(failure(text)?.line == 5)
    }

    @Test("a document of more than a mebibyte is refused")
    func size() {
        #expect(failure("#" + String(repeating: "x", count: 1024 * 1024 - 1)) == nil)
        #expect(failure("#" + String(repeating: "x", count: 1024 * 1024))?.message.contains("at most 1048576") == true)
    }

    @Test("a key is at most 1024 characters long")
    func keyLength() {
        #expect(failure(String(repeating: "k", count: 1024) + ": 1") == nil)
        #expect(failure(String(repeating: "k", count: 1025) + ": 1") != nil)
    }
}
