/// An amount of money in billionths of a US dollar.
///
/// Integers only: sums are exact in every order and nothing is ever a binary fraction. The range
/// is about 9.2 billion dollars either way. Where text or a price does not fall on a whole
/// nano-dollar it is rounded to the nearest, ties away from zero, once, and the amount is exact
/// from then on.
package struct Nanodollars: Sendable, Hashable {
    /// A dollar has this many.
    package static let perDollar: Int64 = 1_000_000_000
    /// Digits behind the point of a dollar amount.
    static let scale = 9

    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Reads a decimal number of dollars: `0.04`, `-1`, `4e-2`, `.5`.
    ///
    /// - Returns: `nil` when the text is no decimal number or the amount is out of range.
    package init?(dollars decimal: String) {
        guard let value = DecimalText(decimal)?.scaled(by: Self.scale) else { return nil }
        rawValue = value
    }

    /// The amount in dollars, exact: no exponent, no trailing zeros, `0` for zero, `-0.5` for a debt.
    /// Also a valid JSON number, and `init(dollars:)` reads the same amount back.
    package var dollars: String {
        DecimalFormat.text(coefficient: rawValue, scale: Self.scale)
    }
}

extension Nanodollars: Comparable, AdditiveArithmetic {
    package static let zero = Nanodollars(rawValue: 0)

    package static func < (left: Nanodollars, right: Nanodollars) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Traps beyond the range, as integers do: stopping beats wrong books. Where an operand comes
    /// from outside, use `adding`.
    package static func + (left: Nanodollars, right: Nanodollars) -> Nanodollars {
        Nanodollars(rawValue: left.rawValue + right.rawValue)
    }

    /// Traps beyond the range. Where an operand comes from outside, use `subtracting`.
    package static func - (left: Nanodollars, right: Nanodollars) -> Nanodollars {
        Nanodollars(rawValue: left.rawValue - right.rawValue)
    }
}

extension Nanodollars {
    /// - Returns: `nil` when the sum is out of range.
    package func adding(_ other: Nanodollars) -> Nanodollars? {
        let (sum, overflow) = rawValue.addingReportingOverflow(other.rawValue)
        return overflow ? nil : Nanodollars(rawValue: sum)
    }

    /// - Returns: `nil` when the difference is out of range.
    package func subtracting(_ other: Nanodollars) -> Nanodollars? {
        let (difference, overflow) = rawValue.subtractingReportingOverflow(other.rawValue)
        return overflow ? nil : Nanodollars(rawValue: difference)
    }

    /// The amount, `count` times.
    /// - Returns: `nil` when the product is out of range.
    package func times(_ count: Int) -> Nanodollars? {
        let (product, overflow) = rawValue.multipliedReportingOverflow(by: Int64(count))
        return overflow ? nil : Nanodollars(rawValue: product)
    }
}

extension Nanodollars: CustomStringConvertible {
    /// `$0.04`, `-$0.5`: for logs and messages.
    package var description: String {
        rawValue < 0 ? "-$" + dollars.dropFirst() : "$" + dollars
    }
}
