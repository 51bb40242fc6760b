import Testing

@testable import JSON

@Suite("JSON objects") struct ObjectTests {
    @Test("a member that appears twice is refused at its second name")
    func duplicatesRejected() {
        let error = #expect(throws: JSONError.self) { try JSON.parse("{\"n\": 1,\n \"m\": 2, \"n\": 3}") }
        #expect(error?.description == "line 2, column 10: the member \"n\" appears twice in this object")
        #expect(throws: JSONError.self) { try JSON.parse(#"{"a":{"b":1,"b":1}}"#) }
    }

    @Test("an escaped spelling of the same name is the same name")
    func duplicatesBySpelling() {
        #expect(throws: JSONError.self) { try JSON.parse(#"{"n":1,"\u006e":2}"#) }
    }

    @Test("names that only look alike are two names")
    func lookalikes() throws {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        let object = try #require(try JSON.parse("{\"\(composed)\":1,\"\(decomposed)\":2}").objectValue)
        #expect(object.count == 2)
        #expect(object[composed] == 1)
        #expect(object[decomposed] == 2)
        #expect(JSONValue.string(composed) != JSONValue.string(decomposed))
    }

    @Test("the same name in two objects is no duplicate")
    func scopes() throws {
        _ = try JSON.parse(#"[{"a":{"a":1}},{"a":2}]"#)
    }

    @Test("keepLast keeps the last value in the first place")
    func keepLast() throws {
        let value = try JSON.parse(#"{"a":1,"b":2,"a":{"a":0},"c":3,"a":4}"#, duplicateKeys: .keepLast)
        #expect(value.description == #"{"a":4,"b":2,"c":3}"#)
    }

    @Test("only the members that are wanted are kept, each as it came last")
    func members() throws {
        let text = #"{"a":1,"x":{"a":2,"deep":[1.5,"\u00e9",null]},"b":{"x":true},"a":3,"y":[{"a":4}]}"#
        let kept = try JSON.members(["a", "b", "c"], of: Array(text.utf8))
        #expect(kept?.serialized() == Array(#"{"a":3,"b":{"x":true}}"#.utf8))
        #expect(try JSON.members(["a"], of: Array(#"[{"a":1}]"#.utf8)) == nil)
    }

    @Test("what is not wanted is checked all the same", arguments: [
        #"{"x":01}"#, #"{"x":"\q"}"#, #"{"x":"\ud800"}"#, #"{"x":[1,]}"#, #"{"x":{"a" 1}}"#, #"{"x":tru}"#, #"{"x":1"#, "{\"x\":\"\n\"}",
    ])
    func unwantedIsChecked(text: String) throws {
        #expect(throws: JSONError.self) { try JSON.members(["a"], of: Array(text.utf8)) }
        #expect(throws: JSONError.self) { try JSON.members(["a"], of: [0x7B, 0x22, 0x78, 0x22, 0x3A, 0x22, 0xFF, 0x22, 0x7D]) }
    }

    @Test("duplicates are found in objects of every size", arguments: [1, 2, 15, 16, 17, 18, 100, 5000])
    func sizes(count: Int) throws {
        let members = (0..<count).map { "\"key number \($0)\":\($0)" }
        let distinct = try #require(try JSON.parse("{\(members.joined(separator: ","))}").objectValue)
        #expect(distinct.members.map(\.value) == (0..<count).map { .integer($0) })
        for repeated in Set([0, count / 2, count - 1]) {
            let document = "{\((members + ["\"key number \(repeated)\":-1"]).joined(separator: ","))}"
            #expect(throws: JSONError.self) { try JSON.parse(document) }
            let kept = try #require(try JSON.parse(document, duplicateKeys: .keepLast).objectValue)
            #expect(kept.count == count)
            #expect(kept.members[repeated].value == -1)
        }
    }

    @Test("a hostile object with 200,000 names is checked in linear time", .timeLimit(.minutes(10)))
    func hostile() throws {
        let members = (0..<200_000).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(try JSON.parse("{\(members)}").objectValue?.count == 200_000)
    }

    @Test("setting replaces in place or appends, setting nil removes, setting null stores null")
    func subscripts() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = "two"
        object["d"] = .null
        object["a"] = nil
        object["absent"] = nil
        #expect(object == ["b": "two", "c": 3, "d": nil])
        #expect(object["d"] == .null)
        #expect(object["a"] == nil)
        #expect(object.contains("d") && !object.contains("a"))
        #expect(object.removeValue(forKey: "c") == 3)
        #expect(object.removeValue(forKey: "c") == nil)
        #expect(object.keys == ["b", "d"])
    }

    @Test("members are added from another object only where the name is new")
    func addMissing() {
        var object: JSONObject = ["a": 1, "b": nil]
        object.add(missingFrom: ["c": 3, "a": 9, "b": 9, "d": 4])
        #expect(object == ["a": 1, "b": nil, "c": 3, "d": 4])
        object.add(missingFrom: [:])
        #expect(object.count == 4)
    }

    @Test("equal means same members in the same order")
    func equality() {
        #expect(["a": 1, "b": 2] as JSONObject != ["b": 2, "a": 1])
        #expect(["a": 1] as JSONObject != ["a": 1, "b": 2])
        #expect([:] as JSONObject == JSONObject())
    }

    @Test("a literal that names a key twice keeps the last value")
    func literal() {
        #expect((["a": 1, "b": 2, "a": 3] as JSONObject).members.map(\.key) == ["a", "b"])
        #expect((["a": 1, "b": 2, "a": 3] as JSONValue)["a"] == 3)
    }
}
