import Testing

@testable import HTTP

@Suite("Fields") struct FieldsTests {
    @Test("names are compared without regard to case, order and repetition are kept")
    func lookup() {
        let fields: Fields = ["Content-Type": "a", "X-A": "1", "x-a": "2"]
        #expect(fields.first("content-TYPE") == "a")
        #expect(fields.all("X-a") == ["1", "2"])
        #expect(fields.first("x-b") == nil)
        #expect(!fields.contains("x-"))
        var seen: [String] = []
        fields.forEach { seen.append("\($0)=\($1)") }
        #expect(seen == ["Content-Type=a", "X-A=1", "x-a=2"])
        #expect(fields.count == 3)
    }

    @Test("only letters have a case")
    func caseOfPunctuation() {
        #expect(!Fields(dictionaryLiteral: ("a^", "x")).contains("a~"))
        #expect(!Fields(dictionaryLiteral: ("a_", "x")).contains("a\u{7F}"))
    }

    @Test("set replaces all fields of a name, remove takes them away")
    func change() {
        var fields: Fields = ["A": "1", "B": "2", "a": "3"]
        fields.set("A", "4")
        #expect(fields == ["b": "2", "A": "4"])
        fields.remove("b")
        #expect(fields == ["A": "4"])
        fields.remove("c")
        #expect(fields.count == 1)
    }

    @Test("lines are sent as they were added, without what is left out")
    func lines() {
        var fields: Fields = ["A": "1", "Host": "x", "B": "a\r\nb", "C": ""]
        var sent: [UInt8] = []
        fields.appendLines(to: &sent) { _ in false }
        #expect(String(decoding: sent, as: UTF8.self) == "A: 1\r\nHost: x\r\nB: a  b\r\nC: \r\n")
        fields.remove("a")
        sent = []
        fields.appendLines(to: &sent) { $0.equalsIgnoringCase("host") }
        #expect(String(decoding: sent, as: UTF8.self) == "B: a  b\r\nC: \r\n")
    }

    @Test("no value can end a line or begin another", arguments: [
        ("a\r\nB: c", "a  B: c"), ("a\0b", "a b"), ("\u{1B}[0m", " [0m"), ("a\u{7F}", "a "), ("käse\tx", "käse\tx"),
    ])
    func injection(value: String, kept: String) {
        var fields = Fields()
        fields.append("A", value)
        #expect(fields.first("A") == kept)
    }

    @Test("what is no name is not added", arguments: ["", "a b", "a:", "a\r\n", "ä"])
    func badName(name: String) {
        var fields = Fields()
        let wasAdded = fields.append(name, "x")
        #expect(!wasAdded)
        #expect(fields.isEmpty)
        #expect(!Fields.isValidName(name))
    }

    @Test("a member is found in a list, wherever it is", arguments: [
        ("close", true), ("Keep-Alive, CLOSE", true), (" , close ,", true), ("closed", false), ("", false), ("clo se", false),
    ])
    func listMember(value: String, isThere: Bool) {
        #expect(Fields(dictionaryLiteral: ("Connection", "x"), ("connection", value)).contains("close", in: "Connection") == isThere)
    }

    @Test("equality regards order and values, not the case of names")
    func equality() {
        #expect(Fields(dictionaryLiteral: ("A", "1"), ("B", "2")) == ["a": "1", "b": "2"])
        #expect(Fields(dictionaryLiteral: ("A", "1"), ("B", "2")) != ["b": "2", "a": "1"])
        #expect(Fields(dictionaryLiteral: ("A", "x")) != ["A": "X"])
    }
}
