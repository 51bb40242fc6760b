import Reactor
import Testing

@testable import Gateway

@Suite("Undelivered requests") struct UndeliveredTests {
    private static let wish = CallersWish(keyHash: "k", fingerprint: [1])

    @Test("one is known for a minute, by who asked and what")
    func memory() {
        let undelivered = Undelivered()
        let start = Deadline.now
        undelivered.note("a", of: Self.wish, at: start)
        #expect(undelivered.newest(of: Self.wish, at: start) == "a")
        #expect(undelivered.newest(of: Self.wish, at: start.advanced(by: Undelivered.memory - .seconds(1))) == "a")
        #expect(undelivered.newest(of: Self.wish, at: start.advanced(by: Undelivered.memory)) == nil)
        #expect(undelivered.newest(of: CallersWish(keyHash: nil, fingerprint: [1]), at: start) == nil)
        #expect(undelivered.newest(of: CallersWish(keyHash: "k", fingerprint: [2]), at: start) == nil)
    }

    @Test("the newest counts, and after one of which nothing is kept the one before it")
    func newest() {
        let undelivered = Undelivered()
        for id in ["b", "c", "a", "c"] { undelivered.note(id, of: Self.wish) }
        #expect(undelivered.newest(of: Self.wish) == "c")
        undelivered.forget("c", of: Self.wish)
        #expect(undelivered.newest(of: Self.wish) == "b")
    }

    @Test("a storm finds a bound, and what is over leaves its room to others")
    func bound() {
        let undelivered = Undelivered()
        let start = Deadline.now
        func wish(_ number: Int) -> CallersWish { CallersWish(keyHash: nil, fingerprint: Array("\(number / 2)".utf8)) }
        for number in 0..<Undelivered.most { undelivered.note("\(number)", of: wish(number), at: start) }
        undelivered.note("one too many", of: Self.wish, at: start)
        #expect(undelivered.newest(of: wish(0), at: start) == "1")
        #expect(undelivered.newest(of: Self.wish, at: start) == nil)
        undelivered.forget("0", of: wish(0))
        undelivered.note("another", of: Self.wish, at: start)
        #expect(undelivered.newest(of: Self.wish, at: start) == "another")
        let later = start.advanced(by: Undelivered.memory + .seconds(1))
        for number in 0..<Undelivered.most { undelivered.note("\(number)", of: wish(number), at: later) }
        #expect(undelivered.newest(of: wish(Undelivered.most - 1), at: later) == "\(Undelivered.most - 1)")
    }
}
