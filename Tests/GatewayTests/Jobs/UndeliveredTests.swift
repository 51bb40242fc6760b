import Reactor
import Testing

@testable import Gateway

@Suite("Undelivered requests") struct UndeliveredTests {
    @Test("one is known for a minute")
    func memory() {
        let undelivered = Undelivered()
        let start = Deadline.now
        undelivered.note("a", at: start)
        #expect(undelivered.contains("a", at: start))
        #expect(undelivered.contains("a", at: start.advanced(by: Undelivered.memory - .seconds(1))))
        #expect(!undelivered.contains("a", at: start.advanced(by: Undelivered.memory)))
        #expect(!undelivered.contains("b", at: start))
    }

    @Test("a storm finds a bound, and what is over leaves its room to others")
    func bound() {
        let undelivered = Undelivered()
        let start = Deadline.now
        for number in 0..<Undelivered.most { undelivered.note("\(number)", at: start) }
        undelivered.note("one too many", at: start)
        #expect(undelivered.contains("0", at: start))
        #expect(!undelivered.contains("one too many", at: start))
        let later = start.advanced(by: Undelivered.memory + .seconds(1))
        undelivered.note("later", at: later)
        #expect(undelivered.contains("later", at: later))
    }
}
