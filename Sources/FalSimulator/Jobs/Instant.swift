/// A point in the simulator's own time: nanoseconds since its start.
///
/// Everything that depends on time takes the time as an argument, so that a test can let an
/// hour pass in no time and see the same states as a real hour would give.
struct Instant: Sendable, Hashable, Comparable {
    var nanoseconds: UInt64

    static let start = Instant(nanoseconds: 0)
    static let never = Instant(nanoseconds: .max)

    static func < (one: Instant, other: Instant) -> Bool { one.nanoseconds < other.nanoseconds }

    /// Saturates at `never`; a negative duration counts as zero.
    static func + (instant: Instant, duration: Duration) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return overflow ? .never : Instant(nanoseconds: sum)
    }

    /// Zero when `earlier` is later.
    func since(_ earlier: Instant) -> Duration {
        guard self > earlier else { return .zero }
        return .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
}

extension Duration {
    /// Zero for negative durations, `UInt64.max` for those of more than 584 years.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = whole.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return overflow || carried ? .max : sum
    }

    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
