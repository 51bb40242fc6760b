/// An exact decimal number of things: megapixels, seconds, fal's billable units.
///
/// Up to 18 significant digits (19 where they fit a 64-bit integer); text with more is refused
/// rather than rounded. `1.0` and `1` are equal.
package struct DecimalQuantity: Sendable, Hashable {
    /// The value is `coefficient x 10^-scale`.
    package let coefficient: Int64
    /// Never negative, and the smallest that holds the value.
    package let scale: Int

    package init(_ value: Int) {
        coefficient = Int64(value)
        scale = 0
    }

    /// Reads `3`, `0.589824`, `1.5e-3`.
    ///
    /// - Returns: `nil` when the text is no decimal number, or one that cannot be held exactly.
    package init?(_ text: String) {
        guard let decimal = DecimalText(text) else { return nil }
        let scale = max(0, decimal.digits.count - decimal.pointPosition)
        guard let coefficient = decimal.scaled(by: scale) else { return nil }
        self.coefficient = coefficient
        self.scale = scale
    }

    package var isNegative: Bool { coefficient < 0 }
    package var isZero: Bool { coefficient == 0 }
}

extension DecimalQuantity: CustomStringConvertible {
    /// Exact, without an exponent: `0.00000002384185791015625`.
    package var description: String {
        DecimalFormat.text(coefficient: coefficient, scale: scale)
    }
}
