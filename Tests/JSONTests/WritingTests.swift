import Foundation
import Testing

@testable import JSON

@Suite("Writing JSON") struct WritingTests {
    @Test("nothing is written that need not be")
    func compact() {
        let value: JSONValue = [
            "prompt": "a \"cat\"\\\n\u{1F}/é🦊\u{2028}\u{7F}", "n": 2, "f": 3.5, "on": true, "off": false, "none": nil,
            "list": [], "object": [:], "nested": [["a": 1], [1, 2]], "text": "value \(1 + 1)",
        ]
        #expect(
            value.description
                == #"{"prompt":"a \"cat\"\\\n\u001f/é🦊"# + "\u{2028}\u{7F}"
                + #"","n":2,"f":3.5,"on":true,"off":false,"none":null,"list":[],"object":{},"nested":[{"a":1},[1,2]],"text":"value 2"}"#)
    }

    @Test("writing appends to what is there")
    func appends() {
        var bytes = Array("data: ".utf8)
        JSONValue.array([1]).write(into: &bytes)
        JSON.write("x", into: &bytes)
        #expect(bytes == Array(#"data: [1]"x""#.utf8))
    }

    @Test(
        "a compact document leaves byte for byte as it came",
        arguments: [
            #"{"seed":18446744073709551615,"scale":3.50,"big":1e400,"neg":-0,"one":1.0}"#,
            #"[[[[]]],{"":{}},"","\"","\\\\",null,true,false]"#,
            #"{"é":"中","z":1,"a":2}"#,
            #""\b\t\n\f\r\u0000\u000b\u001f""#,
        ])
    func roundTrip(document: String) throws {
        #expect(try JSON.parse(document).description == document)
    }

    @Test("what is written means the same to another parser")
    func foundation() throws {
        let value: JSONValue = ["text": "\u{0}\u{1F}\"\\/é🦊", "list": [1, 2.5, true, nil], "o": ["k": "v"]]
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(value.serialized())) as? [String: Any])
        #expect(read["text"] as? String == "\u{0}\u{1F}\"\\/é🦊")
        #expect((read["list"] as? [Any])?.count == 4)
        #expect(read["o"] as? [String: String] == ["k": "v"])
    }

    @Test("random values survive writing and reading, and random strings mean the same to Foundation")
    func random() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let value = randomValue(depth: 4, using: &generator)
            #expect(try JSON.parse(value.serialized()) == value)
            // Foundation takes U+FEFF at a string's beginning for a byte order mark.
            let text = "x" + randomText(using: &generator)
            let read = try JSONSerialization.jsonObject(
                with: Data(JSONValue.string(text).serialized()), options: .fragmentsAllowed)
            #expect(read as? String == text)
        }
    }

    private func randomValue(depth: Int, using generator: inout SystemRandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int.random(in: .min ... .max, using: &generator))
        case 3: return JSONNumber(Double.random(in: -1e9...1e9, using: &generator)).map(JSONValue.number) ?? .null
        case 4: return .string(randomText(using: &generator))
        case 5:
            return .array((0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                randomValue(depth: depth - 1, using: &generator)
            })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<30, using: &generator) {
                object[randomText(using: &generator)] = randomValue(depth: depth - 1, using: &generator)
            }
            return .object(object)
        }
    }

    private func randomText(using generator: inout SystemRandomNumberGenerator) -> String {
        let ranges: [ClosedRange<UInt32>] = [0x00...0x7F, 0x20...0x7E, 0x80...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<30, using: &generator) {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.append(scalar) }
        }
        return String(text)
    }
}
