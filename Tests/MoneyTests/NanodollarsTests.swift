import Money
import Testing

@Suite("Nanodollars") struct NanodollarsTests {
    @Test(
        "decimal dollars become nano-dollars exactly",
        arguments: [
            ("0", 0), ("-0", 0), ("0.000", 0), ("0e5", 0), ("1", 1_000_000_000), ("0.04", 40_000_000),
            ("4e-2", 40_000_000), ("4E-2", 40_000_000), ("+4.0e-02", 40_000_000), ("400e-4", 40_000_000),
            ("0.0004e+2", 40_000_000), (".5", 500_000_000), ("5.", 5_000_000_000), ("-0.5", -500_000_000),
            ("0.000000001", 1), ("1e-9", 1), ("007", 7_000_000_000), ("5e-05", 50_000),
            ("9223372036.854775807", Int64.max), ("-9223372036.854775808", Int64.min), ("9.223372036854775807e9", Int64.max),
            ("1" + String(repeating: "0", count: 40) + "e-40", 1_000_000_000),
        ] as [(String, Int64)])
    func exact(text: String, nanodollars: Int64) {
        #expect(Nanodollars(dollars: text)?.rawValue == nanodollars)
    }

    @Test(
        "finer amounts are rounded to the nearest, ties away from zero",
        arguments: [
            ("0.0000000004", 0), ("0.0000000005", 1), ("0.00000000049999999999999999999999", 0), ("5e-10", 1), ("-5e-10", -1),
            ("4.999e-10", 0), ("0.0000000015", 2), ("-0.0000000015", -2), ("0.0000000025", 3), ("1e-400", 0),
            ("0.07500000000000001", 75_000_000), ("0.1000000000000000055511151231257827", 100_000_000),
            ("9223372036.8547758074", Int64.max), ("-9223372036.8547758084", Int64.min), ("0.00000000006", 0),
        ] as [(String, Int64)])
    func rounded(text: String, nanodollars: Int64) {
        #expect(Nanodollars(dollars: text)?.rawValue == nanodollars)
    }

    @Test(
        "what is no amount, or none that fits, is nil",
        arguments: [
            "", " ", ".", "-", "+", "e", "1e", "1e+", "e5", ".e5", "1.2.3", "1e2.5", "--1", "+-1", " 1", "1 ", "1,5", "1_000",
            "$1", "0x10", "nan", "inf", "-Infinity", "one", "١", "1e99999", "9223372036.854775808", "-9223372036.854775809",
            "9223372036.8547758075", "-9223372036.8547758085", "1e10", "1e400", "1e9999999999999999999999",
        ])
    func refused(text: String) {
        #expect(Nanodollars(dollars: text) == nil)
    }

    @Test(
        "amounts are written in dollars, exact and short",
        arguments: [
            (0, "0"), (1, "0.000000001"), (-1, "-0.000000001"), (40_000_000, "0.04"), (1_000_000_000, "1"),
            (-1_500_000_000, "-1.5"), (10_000_000_000, "10"), (100_000_000, "0.1"), (1_000_000_010, "1.00000001"),
            (Int64.max, "9223372036.854775807"), (Int64.min, "-9223372036.854775808"),
        ] as [(Int64, String)])
    func formatted(nanodollars: Int64, text: String) {
        #expect(Nanodollars(rawValue: nanodollars).dollars == text)
    }

    @Test("whatever is written is read back as the same amount")
    func roundTrip() {
        for _ in 0..<5_000 {
            let amount = Nanodollars(rawValue: .random(in: .min ... .max) >> Int64.random(in: 0..<64))
            #expect(Nanodollars(dollars: amount.dollars) == amount)
        }
    }

    @Test("messages show the sign before the currency")
    func description() {
        #expect(Nanodollars(rawValue: 40_000_000).description == "$0.04")
        #expect(Nanodollars(rawValue: -40_000_000).description == "-$0.04")
    }

    @Test("checked sums, differences and products are exact or nil")
    func checked() {
        let largest = Nanodollars(rawValue: .max)
        let smallest = Nanodollars(rawValue: .min)
        let one = Nanodollars(rawValue: 1)
        #expect(largest.adding(one) == nil)
        #expect(smallest.subtracting(one) == nil)
        #expect(largest.adding(smallest)?.rawValue == -1)
        #expect(one.subtracting(largest)?.rawValue == -(Int64.max - 1))
        #expect(largest.times(2) == nil)
        #expect(smallest.times(-1) == nil)
        #expect(largest.times(-1)?.rawValue == -Int64.max)
        #expect(one.times(0) == .zero)
    }

    @Test("ten times ten cents are a dollar, in any order")
    func sums() throws {
        let cents = try #require(Nanodollars(dollars: "0.1"))
        #expect(Array(repeating: cents, count: 10).reduce(.zero, +).dollars == "1")
        let amounts = (0..<100).map { _ in Nanodollars(rawValue: .random(in: -1_000_000_000_000...1_000_000_000_000)) }
        #expect(amounts.reduce(.zero, +) == amounts.shuffled().reduce(.zero, +))
        #expect(amounts.sorted().first == amounts.min())
    }
}
