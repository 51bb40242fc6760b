import Testing

@testable import JSON

@Suite("JSON numbers") struct NumberTests {
    @Test(
        "a number leaves as it came",
        arguments: [
            "0", "-0", "7", "-1", "10", "3.5", "1.0", "1.10", "0.1", "-0.0", "1e2", "1E2", "1e+2", "1E-2", "1.5e10",
            "9223372036854775807", "-9223372036854775808", "18446744073709551615", "12345678901234567890123",
            "3.141592653589793238462643", "1e400", "-1e400", "1e-400", "0e0", "0.0000000000000000000001",
            "2.384185791015625e-08", "1e99999999999999999999",
        ])
    func unchanged(lexeme: String) throws {
        #expect(try JSON.parse(lexeme).description == lexeme)
        #expect(try JSON.parse("[\(lexeme),\(lexeme)]").description == "[\(lexeme),\(lexeme)]")
        #expect(JSONNumber(lexeme: lexeme)?.lexeme == lexeme)
    }

    @Test(
        "what is not a number is refused",
        arguments: [
            "", "+1", "-", "--1", "01", "-01", "00", "1.", ".5", "-.5", "1.e2", "1e", "1e+", "1e-", "1e1.5", "0x10",
            "1_000", "NaN", "Infinity", "-Infinity", "1 2", "1a", "²", " 1", "1 ", "१",
        ])
    func refused(lexeme: String) {
        #expect(JSONNumber(lexeme: lexeme) == nil)
        #expect(throws: JSONError.self) { try JSON.parse("[\(lexeme.isEmpty ? "," : lexeme.replacing(" ", with: "_"))]") }
    }

    @Test("an integer is one that is written as an integer and fits")
    func integers() {
        #expect(JSONNumber(lexeme: "9223372036854775807")?.integer == .max)
        #expect(JSONNumber(lexeme: "-9223372036854775808")?.integer == .min)
        #expect(JSONNumber(lexeme: "-0")?.integer == 0)
        for other in ["9223372036854775808", "1.0", "1e2", "1.5"] {
            #expect(JSONNumber(lexeme: other)?.integer == nil, "\(other)")
        }
    }

    @Test("a double is the nearest one, and none beyond its range")
    func doubles() {
        #expect(JSONNumber(lexeme: "3.5")?.double == 3.5)
        #expect(JSONNumber(lexeme: "1e2")?.double == 100)
        #expect(JSONNumber(lexeme: "1e-400")?.double == 0)
        #expect(JSONNumber(lexeme: "1e400")?.double == nil)
        #expect(JSONNumber(lexeme: "-1e400")?.double == nil)
    }

    @Test("doubles are written so that they read back the same; those JSON cannot write are refused")
    func fromDouble() {
        for value in [0.1, -0.0, 1e21, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1 / 3] as [Double] {
            let number = JSONNumber(value)
            #expect(number?.double?.bitPattern == value.bitPattern)
            #expect(number.flatMap { JSONNumber(lexeme: $0.lexeme) } != nil)
        }
        #expect(JSONNumber(Double.infinity) == nil)
        #expect(JSONNumber(Double.nan) == nil)
    }

    @Test("numbers are equal when they are written alike")
    func equality() {
        #expect(JSONNumber(1) == JSONNumber(lexeme: "1"))
        #expect(JSONNumber(1) != JSONNumber(lexeme: "1.0"))
    }

    @Test("a number of a million digits is kept")
    func long() throws {
        let digits = "1" + String(repeating: "0", count: 1_000_000)
        #expect(try JSON.parse(digits).description.utf8.count == 1_000_001)
    }
}
