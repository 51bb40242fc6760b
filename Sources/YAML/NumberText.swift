/// A decimal number taken apart: what YAML 1.2's core schema calls an integer or a float.
///
///     [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
struct NumberText {
    private var sign: UInt8?
    private var whole: [UInt8]
    /// The digits behind the point; `nil` without a point.
    private var fraction: [UInt8]?
    /// As written, with its sign; `nil` without one.
    private var exponent: [UInt8]?

    init?(_ text: [UInt8]) {
        var rest = text[...]
        if let first = rest.first, first == .plus || first == .dash { sign = rest.removeFirst() }
        whole = Self.takeDigits(&rest)
        if rest.first == .dot {
            rest.removeFirst()
            fraction = Self.takeDigits(&rest)
        }
        guard !whole.isEmpty || fraction?.isEmpty == false else { return nil }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            var written: [UInt8] = []
            if let first = rest.first, first == .plus || first == .dash { written.append(rest.removeFirst()) }
            let digits = Self.takeDigits(&rest)
            guard !digits.isEmpty else { return nil }
            exponent = written + digits
        }
        guard rest.isEmpty else { return nil }
    }

    var isInteger: Bool { fraction == nil && exponent == nil }

    /// PyYAML wants a point, a sign in the exponent, and none before a bare point.
    var isFloatInYAML11: Bool {
        guard fraction != nil else { return false }
        if let exponent, exponent.first != .plus, exponent.first != .dash { return false }
        return !whole.isEmpty || sign == nil
    }

    /// The integer as JSON writes it; `nil` for leading zeros, which PyYAML reads as octal.
    var integerLexeme: String? {
        guard whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
        if whole == [UInt8(ascii: "0")] { return "0" }
        return text(signBytes + whole)
    }

    /// The number as JSON writes it, with a point or an exponent.
    var floatLexeme: String? {
        var bytes = signBytes + significantWhole
        if let fraction {
            bytes += [.dot] + (fraction.isEmpty ? [UInt8(ascii: "0")] : fraction)
        } else if exponent == nil {
            bytes += [.dot, UInt8(ascii: "0")]
        }
        if let exponent { bytes += [UInt8(ascii: "e")] + exponent }
        return text(bytes)
    }

    private var signBytes: [UInt8] { sign == .dash ? [.dash] : [] }

    private var significantWhole: [UInt8] {
        let digits = whole.drop { $0 == UInt8(ascii: "0") }
        return digits.isEmpty ? [UInt8(ascii: "0")] : Array(digits)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        let digits = rest.prefix { $0.isDigit }
        rest = rest.dropFirst(digits.count)
        return Array(digits)
    }
}
