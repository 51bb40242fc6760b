/// A JSON number as it was written: RFC 8259, section 6, leaves range and precision to the reader,
/// so the characters are kept and converted only where somebody asks.
///
/// A 64-bit seed, `1.0`, `-0` and `1e400` therefore leave as they came. Equal means written alike.
package struct JSONNumber: Sendable, Equatable, Hashable {
    /// The characters of the number, always valid by the grammar of RFC 8259.
    package let lexeme: String

    package init(_ value: Int) {
        lexeme = String(value)
    }

    /// - Returns: `nil` when `lexeme` is not a JSON number: blanks, a plus sign, leading zeros,
    ///   a bare dot, `NaN`.
    package init?(lexeme: String) {
        var text = lexeme
        let isNumber = text.withUTF8 { bytes in
            var end = 0
            guard NumberGrammar.fault(in: bytes, from: &end) == nil else { return false }
            return end == bytes.count
        }
        guard isNumber else { return nil }
        self.lexeme = lexeme
    }

    /// Written with the fewest digits that read back as the same `Double`.
    /// - Returns: `nil` for infinities and NaN, which JSON cannot write.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        lexeme = value.description
    }

    init(floatLiteral value: Double) {
        precondition(value.isFinite, "a JSON number literal must be finite")
        lexeme = value.description
    }

    /// For the parser, which has checked the characters.
    init(checked lexeme: String) {
        self.lexeme = lexeme
    }

    /// The value when it is written as an integer (no fraction, no exponent) that fits `Int`.
    package var integer: Int? {
        Int(lexeme)
    }

    /// The nearest `Double`; `nil` beyond its range (`1e400`).
    package var double: Double? {
        guard let value = Double(lexeme), value.isFinite else { return nil }
        return value
    }
}
