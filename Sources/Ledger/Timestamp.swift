internal import Glibc

/// A point in time as the ledger stores it: milliseconds since 1970 in UTC, without leap seconds.
///
/// For people and for ordering rows. Durations are measured on a monotonic clock, never by
/// subtracting two of these: this clock can jump.
package struct Timestamp: Sendable, Hashable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// `duration` after this instant, saturating at the ends of the range: instants come from queries as well.
    package func advanced(by duration: Duration) -> Timestamp {
        let (sum, past) = milliseconds.addingReportingOverflow(duration.microseconds / 1000)
        return Timestamp(milliseconds: past ? (duration < .zero ? .min : .max) : sum)
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Timestamp: CustomStringConvertible {
    package var description: String { iso8601 }
}

extension Timestamp {
    static let millisecondsPerDay: Int64 = 86_400_000

    /// `2026-01-31T12:34:56.789Z`, RFC 3339, always with milliseconds.
    package var iso8601: String {
        let time = milliseconds.modulo(Self.millisecondsPerDay)
        var text = CalendarDay(of: self).bytes
        text.append(UInt8(ascii: "T"))
        text.appendDecimal(time / 3_600_000, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDecimal(time / 60_000 % 60, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDecimal(time / 1000 % 60, digits: 2)
        text.append(UInt8(ascii: "."))
        text.appendDecimal(time % 1000, digits: 3)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The day it falls on in UTC: `2026-01-31`.
    package var day: String {
        String(decoding: CalendarDay(of: self).bytes, as: UTF8.self)
    }
}

extension Duration {
    /// Whole microseconds, rounded down.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
