import Reactor
import Testing

@testable import Gateway

@Suite("Refused requests") struct RefusalsTests {
    private static func wish(_ number: Int, key: String? = nil) -> CallersWish {
        CallersWish(keyHash: key, fingerprint: Array("\(number)".utf8))
    }

    @Test("as many repetitions are expected as were refused, each for a minute")
    func count() {
        let refusals = Refusals()
        let start = Deadline.now
        for _ in 0..<2 { refusals.note(Self.wish(1), at: start) }
        #expect(!refusals.take(Self.wish(2), at: start))
        #expect(!refusals.take(Self.wish(1, key: "another's"), at: start))
        #expect(refusals.take(Self.wish(1), at: start))
        #expect(refusals.take(Self.wish(1), at: start.advanced(by: Refusals.memory - .seconds(1))))
        #expect(!refusals.take(Self.wish(1), at: start))
        refusals.note(Self.wish(1), at: start)
        #expect(!refusals.take(Self.wish(1), at: start.advanced(by: Refusals.memory)))
    }

    @Test("a storm finds a bound, and what is over leaves its room to others")
    func bound() {
        let refusals = Refusals()
        let start = Deadline.now
        for number in 0...Refusals.most { refusals.note(Self.wish(number), at: start) }
        #expect(refusals.take(Self.wish(0), at: start))
        #expect(!refusals.take(Self.wish(Refusals.most), at: start))
        let later = start.advanced(by: Refusals.memory + .seconds(1))
        for number in 0..<2 * Refusals.most { refusals.note(Self.wish(-number), at: later) }
        #expect(refusals.take(Self.wish(-5), at: later))
    }
}
