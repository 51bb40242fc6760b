/// Random numbers that a seed repeats: SplitMix64.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Evenly distributed, to the nanosecond.
    mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let (least, most) = (range.lowerBound.wholeNanoseconds, range.upperBound.wholeNanoseconds)
        guard least < most else { return range.lowerBound }
        return .nanoseconds(Int64(clamping: UInt64.random(in: least...most, using: &self)))
    }

    /// RFC 9562. The first 48 bits are `time`: milliseconds since 1970 for version 7.
    mutating func uuid(version: UInt8, time: UInt64) -> String {
        let high = time << 16 | UInt64(version) << 12 | next() >> 52
        let low = 0b10 << 62 | next() >> 2
        let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hexadecimal(_ value: UInt64) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: UInt64(60), through: 0, by: -4).map { digits[Int(value >> $0 & 15)] }
    }
}
