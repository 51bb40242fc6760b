import Glibc

/// A point on the monotonic clock (`CLOCK_MONOTONIC`), in nanoseconds: it never jumps with the wall clock.
///
/// Everything that waits takes a deadline rather than a duration, so that a wait in several steps has one end.
package struct Deadline: Sendable, Hashable, Comparable {
    /// Nanoseconds since an arbitrary start, the same for the whole process.
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// This moment.
    package static var now: Deadline {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Deadline(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// The moment that never comes.
    package static let never = Deadline(nanoseconds: .max)

    /// `duration` from now; a negative duration is now, one too long to count is `never`.
    package static func after(_ duration: Duration) -> Deadline {
        now.advanced(by: duration)
    }

    /// `duration` after this moment, saturating at `never`.
    package func advanced(by duration: Duration) -> Deadline {
        guard duration > .zero else { return self }
        let passing = UInt64(clamping: UInt128(duration.attoseconds) / 1_000_000_000)
        let (end, past) = nanoseconds.addingReportingOverflow(passing)
        return past ? .never : Deadline(nanoseconds: end)
    }

    /// Nanoseconds from `earlier` to this moment; 0 when `earlier` is the later one.
    package func nanoseconds(since earlier: Deadline) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }

    package static func earlier(_ a: Deadline, _ b: Deadline) -> Deadline {
        a.nanoseconds < b.nanoseconds ? a : b
    }

    package static func < (a: Deadline, b: Deadline) -> Bool {
        a.nanoseconds < b.nanoseconds
    }
}
