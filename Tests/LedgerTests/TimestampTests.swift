import Foundation
import Testing

@testable import Ledger

@Suite("Points in time") struct TimestampTests {
    @Test(
        "are written in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_769_862_896_789, "2026-01-31T12:34:56.789Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ])
    func written(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test("stay within their range, and both of its ends can be written")
    func ends() {
        #expect(Timestamp(milliseconds: .max).advanced(by: .seconds(1)) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min).advanced(by: .seconds(-1)) == Timestamp(milliseconds: .min))
        #expect([Int64.min, .max].allSatisfy { Timestamp(milliseconds: $0).iso8601.utf8.count == 24 })
    }

    @Test("a day ends with the next one, a point in time with itself")
    func endOfSpan() {
        #expect(Timestamp(endOf: "2026-01-31") == Timestamp("2026-02-01"))
        #expect(Timestamp(endOf: "2026-01-31T12:34:56Z") == Timestamp("2026-01-31T12:34:56Z"))
        #expect(Timestamp(endOf: "2026-01-32") == nil)
    }

    @Test("agree with Foundation on every day of four hundred years")
    func everyDay() {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withFullDate]
        for day in stride(from: Int64(-73_000), through: 73_000, by: 7) {
            let expected = format.string(from: Date(timeIntervalSince1970: Double(day) * 86_400))
            #expect(Timestamp(milliseconds: day * 86_400_000).day == expected)
        }
    }

    @Test("every day of four hundred years is read back as it was written")
    func daysBack() {
        for day in Int64(-73_000)...73_000 {
            let calendar = CalendarDay(daysSince1970: day)
            #expect(calendar.daysSince1970 == day)
            #expect(CalendarDay(year: calendar.year, month: calendar.month, day: calendar.day) == calendar)
        }
    }

    @Test(
        "are read as people and LiteLLM's clients write them",
        arguments: [
            ("2026-01-31", "2026-01-31T00:00:00.000Z"), ("2026-01-31T12:34", "2026-01-31T12:34:00.000Z"),
            ("2026-01-31 12:34:56", "2026-01-31T12:34:56.000Z"), ("2026-01-31t12:34:56z", "2026-01-31T12:34:56.000Z"),
            ("2026-01-31T12:34:56.7Z", "2026-01-31T12:34:56.700Z"),
            ("2026-01-31T12:34:56.789123456+00:00", "2026-01-31T12:34:56.789Z"),
            ("2026-01-31T00:30:00+02:00", "2026-01-30T22:30:00.000Z"),
            ("2026-01-31T23:30:00-0130", "2026-02-01T01:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ])
    func read(text: String, meaning: String) {
        #expect(Timestamp(text)?.iso8601 == meaning)
    }

    @Test(
        "that do not exist are refused",
        arguments: [
            "", "2026", "2026-1-31", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32",
            "2026-01-31T", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
            "2026-01-31T12:00:00+2:00", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00Zulu", "2026-01-31x", "yesterday",
            " 2026-01-31", "２026-01-31",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("move by durations")
    func advanced() {
        #expect(Timestamp(milliseconds: 1000).advanced(by: .microseconds(1_999)).milliseconds == 1001)
        #expect(Duration.seconds(2).microseconds == 2_000_000)
        #expect(Duration.nanoseconds(1999).microseconds == 1)
    }

    @Test("now is now")
    func now() {
        #expect(abs(Double(Timestamp.now.milliseconds) / 1000 - Date().timeIntervalSince1970) < 5)
    }
}
