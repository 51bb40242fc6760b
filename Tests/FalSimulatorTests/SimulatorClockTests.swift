import Reactor
import Testing

@testable import FalSimulator

@Suite("The simulator's clock") struct SimulatorClockTests {
    @Test("an instant has a deadline on the machine's clock, the last one never comes")
    func deadlines() {
        let clock = SimulatorClock()
        let deadline = clock.deadline(clock.now + .seconds(60))
        #expect((59...60).contains(Double(deadline.nanoseconds(since: .now)) / 1e9))
        #expect(clock.deadline(.never) == .never)
        #expect(.start + .seconds(1e18) == Instant.never)
    }

    @Test("moved by a test it stands still in between, and nothing happens by itself")
    func moved() {
        var clock = SimulatorClock()
        clock.advance(by: .zero)
        let start = clock.now
        clock.advance(by: .seconds(2))
        #expect(clock.now.since(start) == .seconds(2))
        #expect(clock.deadline(clock.now + .seconds(1)) == .never)
    }

    @Test(
        "timestamps are dates of the Gregorian calendar",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_771_324_201_123, "2026-02-17T10:30:01.123Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ])
    func timestamps(milliseconds: UInt64, expected: String) {
        #expect(SimulatorClock.timestamp(milliseconds: milliseconds) == expected)
    }
}
