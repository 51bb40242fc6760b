/// Writes `coefficient x 10^-scale` without an exponent and without trailing zeros behind the point.
enum DecimalFormat {
    static func text(coefficient: Int64, scale: Int) -> String {
        var digits = Array(String(coefficient.magnitude).utf8)
        let missing = scale + 1 - digits.count
        if missing > 0 { digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: missing), at: 0) }

        let integer = digits.dropLast(scale)
        let fraction = digits.suffix(scale)
        let shown = fraction.dropLast(fraction.reversed().prefix { $0 == UInt8(ascii: "0") }.count)

        var text = coefficient < 0 ? "-" : ""
        text += String(decoding: integer, as: UTF8.self)
        if !shown.isEmpty { text += "." + String(decoding: shown, as: UTF8.self) }
        return text
    }
}
