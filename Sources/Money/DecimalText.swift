/// The digits of a decimal number as somebody wrote it: `0.04`, `4e-2`, `2.384185791015625e-08`.
///
/// What JSON, YAML and Python's `float()` agree on: an optional sign, digits with at most one
/// point and at least one digit, an optional exponent. No blanks, no underscores, no `nan` or `inf`.
/// The value is `0.d1d2d3... x 10^pointPosition`, and nothing about it is rounded.
struct DecimalText {
    /// Exponents beyond this are refused rather than counted with.
    private static let largestExponent = 9_999

    let isNegative: Bool
    /// Values 0...9, without leading and trailing zeros. Empty for zero.
    let digits: [UInt8]
    /// How many of `digits` (with zeros put behind them) stand before the point; negative when
    /// zeros follow the point. 0 for zero.
    let pointPosition: Int

    init?(_ text: String) {
        var rest = text.utf8[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }

        let exponentMark = rest.firstIndex { $0 | 0x20 == UInt8(ascii: "e") }
        guard let exponent = Self.exponent(exponentMark.map { rest[rest.index(after: $0)...] }) else { return nil }

        var digits: [UInt8] = []
        var beforePoint: Int?
        for byte in rest[..<(exponentMark ?? rest.endIndex)] {
            if byte == UInt8(ascii: "."), beforePoint == nil {
                beforePoint = digits.count
            } else if UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
                digits.append(byte - UInt8(ascii: "0"))
            } else {
                return nil
            }
        }
        guard !digits.isEmpty else { return nil }

        let leadingZeros = digits.prefix { $0 == 0 }.count
        let significant = digits.dropFirst(leadingZeros)
        self.digits = Array(significant.dropLast(significant.reversed().prefix { $0 == 0 }.count))
        pointPosition = self.digits.isEmpty ? 0 : (beforePoint ?? digits.count) - leadingZeros + exponent
    }

    /// - Parameter text: what follows the `e`; `nil` when there is none.
    private static func exponent(_ text: Substring.UTF8View?) -> Int? {
        guard var digits = text else { return 0 }
        let sign = digits.first == UInt8(ascii: "-") ? -1 : 1
        if sign < 0 || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            guard value <= largestExponent else { return nil }
        }
        return sign * value
    }

    /// `value x 10^scale`, to the nearest integer, ties away from zero.
    /// - Returns: `nil` when that does not fit.
    func scaled(by scale: Int) -> Int64? {
        let wanted = pointPosition + scale
        guard wanted >= 0 else { return 0 }
        var magnitude: Int64 = 0
        for index in 0..<wanted {
            guard !digits.isEmpty else { return 0 }
            // Counted downwards, so that Int64.min is within reach.
            guard let next = magnitude.appending(index < digits.count ? digits[index] : 0) else { return nil }
            magnitude = next
        }
        if wanted < digits.count, digits[wanted] >= 5 {
            guard magnitude > .min else { return nil }
            magnitude -= 1
        }
        if isNegative { return magnitude }
        return magnitude == .min ? nil : -magnitude
    }
}

extension Int64 {
    /// For a number that is held as its negative: one more digit behind it.
    fileprivate func appending(_ digit: UInt8) -> Int64? {
        let (shifted, overflow) = multipliedReportingOverflow(by: 10)
        guard !overflow else { return nil }
        let (sum, carry) = shifted.subtractingReportingOverflow(Int64(digit))
        return carry ? nil : sum
    }
}
