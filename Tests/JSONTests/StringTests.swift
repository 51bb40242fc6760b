import Testing

@testable import JSON

@Suite("JSON strings") struct StringTests {
    @Test(
        "escapes mean what RFC 8259 says",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{08}\u{0C}\n\r\t"),
            (#""\u0041\u00e9\u00E9\u4e2d""#, "Aéé中"),
            (#""\u0000""#, "\0"),
            (#""\ud83d\ude00""#, "😀"),
            (#""\uD83D\uDE00 end""#, "😀 end"),
            (#""\udbff\udfff""#, "\u{10FFFF}"),
            (#""\uffff\ufeff""#, "\u{FFFF}\u{FEFF}"),
            (#""a\\nb""#, "a\\nb"),
            (#""\\""#, "\\"),
            (#""https:\/\/fal.run\/x""#, "https://fal.run/x"),
        ])
    func escapes(document: String, text: String) throws {
        #expect(try JSON.parse(document) == .string(text))
    }

    @Test("characters of every length pass as they are", arguments: ["é", "中文", "🦊🏳️‍🌈", "\u{7F}", "\u{2028}", "\u{10FFFF}"])
    func unescaped(text: String) throws {
        #expect(try JSON.parse("\"\(text)\"") == .string(text))
        #expect(JSONValue.string(text).description == "\"\(text)\"")
    }

    @Test("a quote, an escape, a control character or a broken byte is found at every position of a string")
    func everyPosition() throws {
        for length in 0..<40 {
            for position in 0...length {
                let before = String(repeating: "x", count: position)
                let after = String(repeating: "y", count: length - position)
                #expect(try JSON.parse(#"["\#(before)","\#(after)"]"#) == [.string(before), .string(after)])
                #expect(try JSON.parse(#""\#(before)\"\#(after)""#) == .string(before + "\"" + after))
                #expect(try JSON.parse("\"\(before)é\(after)\"") == .string(before + "é" + after))
                #expect(try JSON.parse(#""\#(before)é\n🦊\#(after)""#) == .string(before + "é\n🦊" + after))
                for bad: UInt8 in [0x00, 0x1F, 0x80, 0xFF] {
                    let document = [UInt8(ascii: "\"")] + before.utf8 + [bad] + after.utf8 + [UInt8(ascii: "\"")]
                    let error = #expect(throws: JSONError.self) { try JSON.parse(document) }
                    #expect(error?.offset == 1 + position)
                }
            }
        }
    }

    @Test(
        "bytes that are not UTF-8 are refused where they stand",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0xA6], [0xFE],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for prefix in ["", "é", "plain ", #"\n"#] {
            for suffix in ["", "more", #"\t"#] {
                let document = Array("\"\(prefix)".utf8) + bytes + Array("\(suffix)\"".utf8)
                let error = #expect(throws: JSONError.self) { try JSON.parse(document) }
                #expect(error?.offset == 1 + prefix.utf8.count)
                #expect(error?.reason == "invalid UTF-8")
            }
        }
    }

    @Test(
        "half a surrogate pair is refused where it starts",
        arguments: [
            #""x\ud83d""#, #""x\ud83dy""#, #""x\ude00""#, #""x\ud83d\n""#, #""x\ud83d\ud83d""#, #""x\ud83d\u0041""#,
        ])
    func loneSurrogates(document: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(document) }
        #expect(error?.offset == 2)
        #expect(error?.reason.contains("surrogate") == true)
    }

    @Test(
        "unknown and broken escapes are refused",
        arguments: [#""\x41""#, #""\a""#, #""\'""#, #""\u12""#, #""\u12G4""#, #""\u+123""#, #""\U0041""#, #""\"#, #""\u"#])
    func badEscapes(document: String) {
        #expect(throws: JSONError.self) { try JSON.parse(document) }
    }

    @Test("every control character must be escaped, and is when written")
    func controlCharacters() throws {
        for code in UInt8(0)..<0x20 {
            let text = String(Character(Unicode.Scalar(code)))
            #expect(throws: JSONError.self) { try JSON.parse("\"\(text)\"") }
            let written = JSONValue.string(text).serialized()
            #expect(written.allSatisfy { $0 >= 0x20 })
            #expect(try JSON.parse(written) == .string(text))
        }
    }

    @Test("an image of megabytes in base64 passes, with escaped slashes too")
    func large() throws {
        let piece = String(repeating: "iVBORw0KGgo/", count: 1 << 18)
        #expect(try JSON.parse("{\"image\":\"\(piece)\"}")["image"]?.stringValue == piece)
        let escaped = piece.replacing("/", with: "\\/")
        #expect(try JSON.parse("{\"image\":\"\(escaped)\"}")["image"]?.stringValue == piece)
    }
}
