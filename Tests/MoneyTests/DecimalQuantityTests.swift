import Money
import Testing

@Suite("Decimal quantities") struct DecimalQuantityTests {
    @Test(
        "text is held exactly, in its smallest form",
        arguments: [
            ("0", 0, 0), ("0.000", 0, 0), ("-0e9", 0, 0), ("1", 1, 0), ("1.0", 1, 0), ("100", 100, 0), ("1e2", 100, 0),
            ("0.589824", 589_824, 6), ("1.50", 15, 1), ("-2.5e-3", -25, 4), ("2.384185791015625e-08", 2_384_185_791_015_625, 23),
            ("9223372036854775807", Int64.max, 0), ("-9.223372036854775808", Int64.min, 18), ("1e-9999", 1, 9999),
        ] as [(String, Int64, Int)])
    func exact(text: String, coefficient: Int64, scale: Int) {
        let quantity = DecimalQuantity(text)
        #expect(quantity?.coefficient == coefficient)
        #expect(quantity?.scale == scale)
    }

    @Test(
        "more digits than can be held are refused, never rounded",
        arguments: ["9223372036854775808", "0.92233720368547758071", "1e19", "1e9999", "1e-10000", "1.2345678901234567890123"])
    func tooLong(text: String) {
        #expect(DecimalQuantity(text) == nil)
    }

    @Test("equal values are equal however they were written")
    func equality() {
        #expect(DecimalQuantity("1.0") == DecimalQuantity(1))
        #expect(DecimalQuantity("10e-1") == DecimalQuantity(1))
        #expect(Set([DecimalQuantity("2.50"), DecimalQuantity("2.5"), DecimalQuantity("25e-1")]).count == 1)
    }

    @Test("whatever is written is read back as the same quantity")
    func roundTrip() {
        for _ in 0..<5_000 {
            let coefficient = Int64.random(in: .min ... .max) >> Int64.random(in: 0..<64)
            let quantity = DecimalQuantity("\(coefficient)e-\(Int.random(in: 0...40))")
            #expect(quantity != nil)
            #expect(quantity.flatMap { DecimalQuantity($0.description) } == quantity)
            #expect(quantity?.description.contains("e") == false)
        }
    }
}
