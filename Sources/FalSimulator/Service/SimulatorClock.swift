import Glibc
import Reactor

/// The simulator's time: the machine's, or one that stands still until a test moves it.
struct SimulatorClock: Sendable {
    private enum Source {
        case machine(since: Deadline)
        case test(Instant)
    }

    private var source = Source.machine(since: .now)
    /// Nanoseconds since 1970 at `Instant.start`.
    private let epoch: UInt64

    init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        epoch = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    var now: Instant {
        switch source {
        case .machine(let start): Instant(nanoseconds: Deadline.now.nanoseconds(since: start))
        case .test(let instant): instant
        }
    }

    /// When the machine's clock will have reached `instant`; never while a test moves the time.
    func deadline(_ instant: Instant) -> Deadline {
        guard case .machine(let start) = source, instant < .never else { return .never }
        return Deadline(nanoseconds: start.nanoseconds &+ instant.nanoseconds)
    }

    /// Stops the machine's time, if it still runs, and moves on from there.
    mutating func advance(by duration: Duration) { source = .test(now + duration) }

    /// Nanoseconds since 1970, which do not jump with the wall clock.
    func unixNanoseconds(_ instant: Instant) -> UInt64 { epoch &+ instant.nanoseconds }

    /// As in fal's logs: `2026-02-17T10:30:01.123Z`.
    func timestamp(_ instant: Instant) -> String {
        Self.timestamp(milliseconds: unixNanoseconds(instant) / 1_000_000)
    }

    static func timestamp(milliseconds: UInt64) -> String {
        let (days, rest) = (Int(milliseconds / 86_400_000), Int(milliseconds % 86_400_000))
        let (year, month, day) = civil(daysSince1970: days)
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { digits($0, 2) }
        let date = [digits(year, 4), digits(month, 2), digits(day, 2)]
        return "\(date.joined(separator: "-"))T\(time.joined(separator: ":")).\(digits(rest % 1000, 3))Z"
    }

    /// Gregorian date of a day, by eras of 400 years that start on 1 March.
    private static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let (era, ofEra) = (shifted / 146_097, shifted % 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * march + 2) / 5 + 1)
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
