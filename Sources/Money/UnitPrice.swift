/// What one unit costs, exact below the nano-dollar.
///
/// LiteLLM's price per pixel of FLUX is 2.384185791015625e-08 dollars, 23.8 nano-dollars: rounding
/// it first and multiplying by a million pixels afterwards would be off by almost a percent. So the
/// rate stays decimal and only the product is rounded: to the nearest nano-dollar, ties away from
/// zero. No step uses floating point.
package struct UnitPrice: Sendable, Hashable {
    /// Dollars a unit; never negative.
    private let rate: DecimalQuantity

    package static let free = UnitPrice(rate: DecimalQuantity(0))

    /// Reads a decimal number of dollars: `0.04`, `2.384185791015625e-08`.
    ///
    /// - Returns: `nil` when the text is no decimal number, is negative, or has more digits than
    ///   `DecimalQuantity` holds.
    package init?(dollars: String) {
        guard let rate = DecimalQuantity(dollars), !rate.isNegative else { return nil }
        self.rate = rate
    }

    private init(rate: DecimalQuantity) {
        self.rate = rate
    }

    /// Dollars a unit, exact, without an exponent.
    package var dollars: String { rate.description }

    package var isFree: Bool { rate.isZero }

    /// The price of `quantity` units.
    /// - Returns: `nil` when it is out of the range of `Nanodollars`.
    package func times(_ quantity: DecimalQuantity) -> Nanodollars? {
        // At most 2^126: the product of two 64-bit integers always fits.
        let product = Int128(rate.coefficient) * Int128(quantity.coefficient)
        let scale = rate.scale + quantity.scale - Nanodollars.scale
        guard let amount = scale > 0 ? product.divided(byTenTo: scale) : product.multiplied(byTenTo: -scale) else {
            return nil
        }
        return Int64(exactly: amount).map(Nanodollars.init(rawValue:))
    }

    /// The price of `count` units.
    /// - Returns: `nil` when it is out of the range of `Nanodollars`.
    package func times(_ count: Int) -> Nanodollars? {
        times(DecimalQuantity(count))
    }
}

extension UnitPrice: CustomStringConvertible {
    package var description: String { "$" + dollars }
}

extension Int128 {
    /// The largest power of ten below 2^127.
    private static let largestPower = 38

    private static func powerOfTen(_ exponent: Int) -> Int128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// - Returns: `nil` on overflow.
    fileprivate func multiplied(byTenTo exponent: Int) -> Int128? {
        guard exponent <= Self.largestPower else { return self == 0 ? 0 : nil }
        let (product, overflow) = multipliedReportingOverflow(by: Self.powerOfTen(exponent))
        return overflow ? nil : product
    }

    /// To the nearest integer, ties away from zero.
    fileprivate func divided(byTenTo exponent: Int) -> Int128? {
        guard exponent <= Self.largestPower else { return 0 }
        let divisor = Self.powerOfTen(exponent)
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        // The remainder is below 10^38, twice of it may not fit: compare with what is missing.
        let isHalfOrMore = remainder.magnitude >= divisor.magnitude - remainder.magnitude
        return isHalfOrMore ? quotient + signum() : quotient
    }
}
