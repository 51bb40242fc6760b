import Testing

@testable import JSON

@Suite("Reading JSON") struct ReadingTests {
    @Test("every kind of value is read")
    func kinds() throws {
        let value = try JSON.parse(
            """
            {"null": null, "yes": true, "no": false, "n": 2, "text": "a cat",
             "list": [1, "two", [], {}], "object": {"inner": [null]}}
            """)
        #expect(
            value == [
                "null": nil, "yes": true, "no": false, "n": 2, "text": "a cat",
                "list": [1, "two", [], [:]], "object": ["inner": [nil]],
            ])
    }

    @Test("a document may be any value", arguments: ["null", "true", "0", "\"\"", "[]", "{}"])
    func scalars(document: String) throws {
        #expect(try JSON.parse(document).description == document)
    }

    @Test("blanks between tokens mean nothing, wherever JSON allows them")
    func blanks() throws {
        let spaced = " \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n{ } \t\r\n, [ ] ] \t\r\n} \t\r\n"
        #expect(try JSON.parse(spaced) == ["a": [1, [:], []]])
    }

    @Test("members keep the order they were written in")
    func order() throws {
        let object = try #require(try JSON.parse(#"{"z":1,"a":2,"m":3,"":4}"#).objectValue)
        #expect(object.keys == ["z", "a", "m", ""])
    }

    @Test("the deepest allowed nesting is read, one level more is refused")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        let deepest = nested(JSON.maximumDepth)
        #expect(try JSON.parse(deepest).description == deepest)
        let error = #expect(throws: JSONError.self) { try JSON.parse(nested(JSON.maximumDepth + 1)) }
        #expect(error?.offset == JSON.maximumDepth)
        #expect(error?.reason.contains("deeper than 128") == true)
        let objects = String(repeating: #"{"a":"#, count: 100_000)
        #expect(throws: JSONError.self) { try JSON.parse(objects) }
    }

    @Test("siblings do not add up to depth")
    func siblings() throws {
        let document = "[" + Array(repeating: "[{}]", count: 1000).joined(separator: ",") + "]"
        #expect(try JSON.parse(document).arrayValue?.count == 1000)
    }

    @Test("every prefix of a document is refused, never misread")
    func prefixes() throws {
        let document = Array(#"{"a":[1.5e-3,true,false,null,"é\n\u00e9\ud83d\ude00🦊"],"b":{"c":-0}}"#.utf8)
        _ = try JSON.parse(document)
        for length in 0..<document.count {
            #expect(throws: JSONError.self, "first \(length) bytes") { try JSON.parse(Array(document[..<length])) }
        }
    }

    @Test("any one byte changed to any other gives a value or an error with a place inside the document")
    func mutations() {
        let document = Array(#"{"a":[1.5e-3,true,null,"é\n\ud83d\ude00"],"b":{}}"#.utf8)
        for position in document.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = document
                changed[position] = byte
                do {
                    let value = try JSON.parse(changed)
                    #expect(try JSON.parse(value.serialized()) == value)
                } catch {
                    #expect((0...document.count).contains(error.offset))
                    #expect(error.line >= 1 && error.column >= 1)
                }
            }
        }
    }

    @Test("look-ups find members and elements, and nothing where there is nothing")
    func lookups() throws {
        let value = try JSON.parse(#"{"images":[{"url":"u","width":1024}],"seed":1.0,"nsfw":[false]}"#)
        #expect(value["images"]?[0]?["url"]?.stringValue == "u")
        #expect(value["images"]?[0]?["width"]?.intValue == 1024)
        #expect(value["nsfw"]?[0]?.boolValue == false)
        #expect(value["seed"]?.intValue == nil)
        #expect(value["seed"]?.doubleValue == 1)
        #expect(value["images"]?[1] == nil)
        #expect(value["images"]?[-1] == nil)
        #expect(value["absent"] == nil)
        #expect(value[0] == nil)
        #expect(value["images"]?["url"] == nil)
        #expect(value["images"]?.kind == "an array")
    }
}
