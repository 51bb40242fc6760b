/// A billed quantity, exact to a millionth: images, megapixels, seconds.
struct Units: Sendable, Hashable, Comparable {
    let millionths: Int64

    static let zero = Units(millionths: 0)

    init(millionths: Int64) { self.millionths = millionths }
    init(_ count: Int) { millionths = Int64(clamping: count).multipliedSaturating(by: 1_000_000) }

    /// - Parameter decimal: `1`, `0.5`, `2.25`; digits beyond the sixth place are refused.
    init?(decimal: String) {
        guard let value = Decimals.parse(decimal, places: 6) else { return nil }
        millionths = value
    }

    /// Without zeros at the end: `1`, `0.5`.
    var decimal: String { Decimals.text(millionths, places: 6) }

    static func < (one: Units, other: Units) -> Bool { one.millionths < other.millionths }
}

/// What one unit costs, in billionths of a dollar.
struct UnitPrice: Sendable, Hashable {
    let nanodollars: Int64

    init?(dollars: String) {
        guard let value = Decimals.parse(dollars, places: 9) else { return nil }
        nanodollars = value
    }

    /// In billionths of a dollar, to the nearest, halves up.
    func times(_ units: Units) -> Int64 {
        let (high, low) = nanodollars.multipliedFullWidth(by: units.millionths)
        let product = Int128(high) << 64 + Int128(low)
        return Int64(clamping: (product + 500_000) / 1_000_000)
    }

    var dollars: String { Decimals.text(nanodollars, places: 9) }
}

/// Decimal fractions as whole numbers of a small unit.
enum Decimals {
    static func text(_ value: Int64, places: Int) -> String {
        var digits = String(value.magnitude)
        digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let whole = digits.dropLast(places)
        let fraction = digits.suffix(places).reversed().drop { $0 == "0" }.reversed()
        let sign = value < 0 ? "-" : ""
        return fraction.isEmpty ? "\(sign)\(whole)" : "\(sign)\(whole).\(String(fraction))"
    }

    /// - Returns: nil for anything but digits with at most one point, for more places than
    ///   there are, and for what does not fit.
    static func parse(_ text: String, places: Int) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : "0"
        guard let whole = parts.first, !whole.isEmpty, !fraction.isEmpty, fraction.count <= places,
            (whole + fraction).utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(whole + fraction + String(repeating: "0", count: places - fraction.count))
    }
}

extension Int64 {
    fileprivate func multipliedSaturating(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? (self < 0) == (other < 0) ? .max : .min : product
    }
}
