import Testing

@testable import JSON

@Suite("What is not JSON") struct RejectionTests {
    @Test(
        "the error says line, column and what is wrong",
        arguments: [
            ("", "line 1, column 1: the document is empty"),
            (" \n ", "line 1, column 1: the document has only blanks"),
            ("\u{FEFF}{}", "line 1, column 1: a byte order mark is not allowed before JSON"),
            ("{\n  \"a\": 1,\n  \"b\": 22 x\n}", "line 3, column 11: expected ',' or '}', found 'x'"),
            ("[1,]", "line 1, column 4: expected a value after ',', found ']'"),
            ("[,1]", "line 1, column 2: expected a value, found ','"),
            ("[1 2]", "line 1, column 4: expected ',' or ']', found '2'"),
            ("[1", "line 1, column 3: expected ',' or ']', but the document ends"),
            ("{\"a\":1,}", "line 1, column 8: expected a member name in double quotes, found '}'"),
            ("{a:1}", "line 1, column 2: expected a member name in double quotes, found 'a'"),
            ("{'a':1}", "line 1, column 2: expected a member name in double quotes, found '''"),
            ("{1:1}", "line 1, column 2: expected a member name in double quotes, found '1'"),
            ("{\"a\" 1}", "line 1, column 6: expected ':' after the member name, found '1'"),
            ("{\"a\":}", "line 1, column 6: expected a value, found '}'"),
            ("{\"a\":", "line 1, column 6: expected a value, but the document ends"),
            ("{", "line 1, column 2: expected a member name in double quotes, but the document ends"),
            ("\"abc", "line 1, column 5: the document ends inside a string"),
            ("\"a\nb\"", "line 1, column 3: the control character U+000A must be written as an escape"),
            ("tru", "line 1, column 4: expected a value, but the document ends"),
            ("True", "line 1, column 1: expected a value, found 'T'"),
            ("nul1", "line 1, column 1: expected a value, found 'n'"),
            ("NaN", "line 1, column 1: expected a value, found 'N'"),
            ("undefined", "line 1, column 1: expected a value, found 'u'"),
            ("01", "line 1, column 2: a number must not start with a zero, found '1'"),
            ("1.", "line 1, column 3: expected a digit after the decimal point, but the document ends"),
            ("1e+x", "line 1, column 4: expected a digit in the exponent, found 'x'"),
            ("-", "line 1, column 2: expected a digit, but the document ends"),
            ("{} {}", "line 1, column 4: expected the end of the document, found '{'"),
            ("nullnull", "line 1, column 5: expected the end of the document, found 'n'"),
            ("[] // no", "line 1, column 4: expected the end of the document, found '/'"),
            ("/* no */ 1", "line 1, column 1: expected a value, found '/'"),
            ("[\n\n\té]", "line 3, column 2: expected a value, found a character beyond ASCII"),
            ("[\"éé🦊\", x]", "line 1, column 9: expected a value, found 'x'"),
            ("[\u{0C}1]", "line 1, column 2: expected a value, found U+000C"),
            ("[\u{A0}1]", "line 1, column 2: expected a value, found a character beyond ASCII"),
            ("\0", "line 1, column 1: expected a value, found U+0000"),
            ("[1}\r\n", "line 1, column 3: expected ',' or ']', found '}'"),
            ("[1,\r\n2}\r\n", "line 2, column 2: expected ',' or ']', found '}'"),
        ])
    func places(document: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(document) }
        #expect(error?.description == message)
    }

    @Test("invalid UTF-8 is refused outside strings as well")
    func invalidUTF8() {
        #expect(throws: JSONError.self) { try JSON.parse([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) }
        #expect(throws: JSONError.self) { try JSON.parse([UInt8(ascii: "["), 0xC3, UInt8(ascii: "]")]) }
    }

    @Test("the offset counts bytes where the column counts characters")
    func offset() {
        let error = #expect(throws: JSONError.self) { try JSON.parse("[\"é\", x]") }
        #expect(error?.offset == 7)
        #expect(error?.column == 7)
    }
}
