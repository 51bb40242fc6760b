/// Writes `coefficient x 10^-scale` without an exponent and without trailing zeros behind the point.
enum DecimalFormat {
    static func text(coefficient: Int64, scale: Int) -> String {
        // From the last digit to the first.
        var text: [UInt8] = []
        text.reserveCapacity(24)
        var rest = coefficient.magnitude
        var place = 0
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            if place == scale, !text.isEmpty { text.append(UInt8(ascii: ".")) }
            if place >= scale || digit != 0 || !text.isEmpty { text.append(UInt8(ascii: "0") + digit) }
            place += 1
        } while rest > 0 || place <= scale
        if coefficient < 0 { text.append(UInt8(ascii: "-")) }
        text.reverse()
        return String(decoding: text, as: UTF8.self)
    }
}
