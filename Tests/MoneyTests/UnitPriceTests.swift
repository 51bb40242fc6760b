import Money
import Testing

@Suite("Unit prices") struct UnitPriceTests {
    @Test(
        "price times quantity is exact to the nano-dollar",
        arguments: [
            ("0.04", "1", 40_000_000), ("0.04", "0", 0), ("0", "1e6", 0), ("0.025", "0.589824", 14_745_600),
            ("0.06", "4", 240_000_000), ("0.003", "1.048576", 3_145_728), ("1e-3", "1000000", 1_000_000_000_000),
            // LiteLLM's price a pixel of FLUX: 0.025 dollars for 1,048,576 of them.
            ("2.384185791015625e-08", "1048576", 25_000_000), ("2.384185791015625e-08", "786432", 18_750_000),
            ("0.04", "-2", -80_000_000),
        ] as [(String, String, Int64)])
    func exact(price: String, quantity: String, nanodollars: Int64) throws {
        let quantity = try #require(DecimalQuantity(quantity))
        #expect(UnitPrice(dollars: price)?.times(quantity)?.rawValue == nanodollars)
    }

    @Test(
        "only the product is rounded: to the nearest, ties away from zero",
        arguments: [
            ("2.384185791015625e-08", "1", 24), ("0.000000001", "0.5", 1), ("0.000000001", "-0.5", -1),
            ("0.000000001", "0.4999999999", 0), ("0.000000001", "1.5", 2), ("0.000000001", "2.5", 3), ("5e-10", "3", 2),
            ("1e-30", "1", 0), ("1e-9999", "9223372036854775807", 0), ("9e-29", "9223372036854775807", 1), ("5e-29", "9223372036854775807", 0),
            ("9.223372036854775807e-29", "9223372036854775807", 1), ("5e-38", "9223372036854775807", 0),
        ] as [(String, String, Int64)])
    func rounded(price: String, quantity: String, nanodollars: Int64) throws {
        let quantity = try #require(DecimalQuantity(quantity))
        #expect(UnitPrice(dollars: price)?.times(quantity)?.rawValue == nanodollars)
    }

    @Test("a product out of range is nil")
    func overflow() throws {
        let price = try #require(UnitPrice(dollars: "9223372036"))
        #expect(price.times(1)?.dollars == "9223372036")
        #expect(price.times(2) == nil)
        #expect(price.times(-2) == nil)
        let huge = try #require(UnitPrice(dollars: "9223372036854775807"))
        #expect(huge.times(.max) == nil)
        #expect(huge.times(.min) == nil)
        #expect(huge.times(0) == .zero)
    }

    @Test("what is no price is nil", arguments: ["", "free", "-0.01", "nan", "1e9999", "0.12345678901234567890123", "0,04"])
    func refused(text: String) {
        #expect(UnitPrice(dollars: text) == nil)
    }

    @Test("a price of minus nothing is nothing")
    func negativeZero() {
        #expect(UnitPrice(dollars: "-0.0") == .free)
        #expect(UnitPrice.free.isFree)
        #expect(UnitPrice.free.times(.max) == .zero)
    }

    @Test("a price is written as it was meant")
    func text() {
        #expect(UnitPrice(dollars: "2.384185791015625e-08")?.dollars == "0.00000002384185791015625")
        #expect(UnitPrice(dollars: "4e-2")?.description == "$0.04")
    }

    @Test("random products agree with schoolbook arithmetic on digits")
    func schoolbook() throws {
        for _ in 0..<3_000 {
            let price = Int64.random(in: 0 ... .max) >> Int64.random(in: 0..<63)
            let quantity = Int64.random(in: 0 ... .max) >> Int64.random(in: 0..<63)
            let priceScale = Int.random(in: 0...25)
            let quantityScale = Int.random(in: 0...25)
            let unit = try #require(UnitPrice(dollars: "\(price)e-\(priceScale)"))
            let count = try #require(DecimalQuantity("\(quantity)e-\(quantityScale)"))
            let expected = Schoolbook.product(price, quantity, scale: priceScale + quantityScale - 9)
            #expect(unit.times(count)?.rawValue == Int64(expected), "\(unit) x \(count)")
        }
    }

    @Test("n times the price is the price of n, for whole nano-dollars")
    func distributes() throws {
        for _ in 0..<1_000 {
            let unit = Nanodollars(rawValue: .random(in: 0...10_000_000_000))
            let count = Int.random(in: 0...10_000)
            #expect(try #require(UnitPrice(dollars: unit.dollars)).times(count) == unit.times(count))
        }
    }
}

/// Multiplication on paper, the slow and obvious way.
private enum Schoolbook {
    /// `a x b / 10^scale` as text, rounded to the nearest, ties up.
    static func product(_ a: Int64, _ b: Int64, scale: Int) -> String {
        let left: [Int] = String(a).compactMap(\.wholeNumberValue).reversed()
        let right: [Int] = String(b).compactMap(\.wholeNumberValue).reversed()
        var digits = [Int](repeating: 0, count: left.count + right.count + 60)
        for (i, x) in left.enumerated() {
            for (j, y) in right.enumerated() { digits[i + j] += x * y }
        }
        if scale < 0 { digits.insert(contentsOf: repeatElement(0, count: -scale), at: 0) }
        carry(&digits)
        if scale > 0 {
            let half = digits[scale - 1] >= 5
            digits.removeFirst(scale)
            if half { digits[0] += 1 }
            carry(&digits)
        }
        let text = digits.reversed().map(\.description).joined().drop { $0 == "0" }
        return text.isEmpty ? "0" : String(text)
    }

    private static func carry(_ digits: inout [Int]) {
        for i in digits.indices.dropLast() {
            digits[i + 1] += digits[i] / 10
            digits[i] %= 10
        }
    }
}
