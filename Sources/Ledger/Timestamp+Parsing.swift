extension Timestamp {
    /// Reads a day (`2026-01-31`, its first instant in UTC) or a point in time
    /// (`2026-01-31T12:34:56Z`, also with a space for the `T`, with a fraction, with an offset
    /// such as `+02:00`, or without either: UTC then). RFC 3339, and what LiteLLM's clients send
    /// as `start_date`.
    ///
    /// - Returns: nil for anything else, also for days and hours that do not exist.
    package init?(_ text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(digits: 4), reader.take("-"),
            let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2),
            let date = CalendarDay(year: year, month: month, day: day)
        else { return nil }
        let midnight = date.daysSince1970 * Self.millisecondsPerDay
        if reader.isAtEnd {
            self.init(milliseconds: midnight)
            return
        }
        guard reader.take("T") || reader.take("t") || reader.take(" "),
            let time = reader.timeOfDay(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(milliseconds: midnight + time - offset)
    }

    /// Reads where a span of time ends, in the same forms: a day belongs to it as a whole, a point in time is
    /// itself the end.
    package init?(endOf text: String) {
        guard let last = Timestamp(text) else { return nil }
        self = text.utf8.count == "2026-01-31".utf8.count ? last.advanced(by: .seconds(86_400)) : last
    }
}

/// Takes a date apart from left to right.
private struct DigitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int64? {
        guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int64(bytes[position] - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Milliseconds since midnight. A leap second counts as the second before it.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour < 24, take(":"),
            let minute = number(digits: 2), minute < 60
        else { return nil }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if take(":") {
            guard let read = number(digits: 2), read <= 60 else { return nil }
            second = min(read, 59)
            if take(".") {
                guard let first = digit() else { return nil }
                fraction = first * 100
                var weight: Int64 = 10
                while let next = digit() {
                    fraction += next * weight
                    weight /= 10
                }
            }
        }
        return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    }

    /// Milliseconds east of UTC; 0 when nothing is said.
    mutating func offset() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2), hours < 24 else { return nil }
        _ = take(":")
        guard let minutes = number(digits: 2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes) * 60_000
    }
}
