import Testing

@testable import Gateway

@Suite("The shelf of stored images") struct ImageShelfTests {
    private var shelf = ImageShelf()

    private func name(_ request: String, _ number: Int = 0) -> StoredImageName {
        StoredImageName(request: request, number: number)
    }

    @Test("the oldest request makes room with all its images, and no more than needed")
    mutating func displacement() {
        #expect(shelf.add(name("a"), bytes: 30, bound: 100) == [])
        #expect(shelf.add(name("a", 1), bytes: 30, bound: 100) == [])
        #expect(shelf.add(name("b"), bytes: 40, bound: 100) == [])
        #expect(shelf.total == 100)
        #expect(shelf.add(name("c"), bytes: 1, bound: 100) == [name("a"), name("a", 1)])
        #expect(shelf.total == 41)
        #expect(shelf.contains(name("b")) && shelf.contains(name("c")) && !shelf.contains(name("a")))
    }

    @Test("what is too large alone displaces nothing")
    mutating func tooLarge() {
        _ = shelf.add(name("a"), bytes: 100, bound: 100)
        let before = shelf
        #expect(shelf.add(name("b"), bytes: 101, bound: 100) == nil)
        #expect(shelf == before)
    }

    @Test("the same image again takes the place of the first")
    mutating func again() {
        _ = shelf.add(name("a"), bytes: 90, bound: 100)
        #expect(shelf.add(name("a"), bytes: 95, bound: 100) == [])
        #expect(shelf.total == 95)
    }

    @Test("what was forgotten takes no room")
    mutating func forgetting() {
        _ = shelf.add(name("a"), bytes: 60, bound: 100)
        _ = shelf.add(name("a", 1), bytes: 40, bound: 100)
        #expect(shelf.remove(request: "a") == [name("a"), name("a", 1)])
        #expect(shelf.total == 0)
        #expect(shelf.remove(request: "a") == [])
        shelf.remove(name("a"))
        #expect(shelf.add(name("b"), bytes: 100, bound: 100) == [])
        #expect(shelf.requests == ["b"])
    }

    @Test("the bound holds after every step, and the sum is that of the files, whatever comes")
    mutating func bound() {
        var sizes: [StoredImageName: Int] = [:]
        var generator = SplitMix(state: 1)
        for step in 0..<20_000 {
            // Times go on, as ids do; some images come late.
            let name = name("\(step / 7 - Int(generator.next() % 5))", Int(generator.next() % 3))
            if generator.next() % 11 == 0 {
                for gone in shelf.remove(request: name.request) { sizes[gone] = nil }
            } else {
                let size = Int(generator.next() % 300)
                guard let displaced = shelf.add(name, bytes: size, bound: 1_000) else { continue }
                for gone in displaced { sizes[gone] = nil }
                sizes[name] = size
            }
            #expect(shelf.total <= 1_000)
            #expect(shelf.total == sizes.values.reduce(0, +))
        }
    }

    @Test(
        "only names that were made here are taken for images",
        arguments: [
            ("019f6a10-0000-7000-8000-000000000000.0", true), ("019f6a10-0000-7000-8000-000000000000.12", true),
            ("019f6a10-0000-7000-8000-000000000000.0.part", false), ("019f6a10-0000-7000-8000-000000000000", false),
            ("019f6a10-0000-7000-8000-000000000000.-1", false), ("019f6a10-0000-7000-8000-000000000000.01", false),
            ("019f6a10-0000-7000-8000-000000000000.+1", false), ("019F6A10-0000-7000-8000-000000000000.0", false),
            ("../../../../../../../../../etc/passwd.0", false), ("README", false), (".", false), ("..", false), ("", false),
        ])
    func names(file: String, isOurs: Bool) {
        #expect((StoredImageName(file: file)?.description == file) == isOurs)
        #expect(StoredImageName.isDraft(file + ".part") == isOurs)
    }

    @Test("few are in hand at a time; the others wait in their order, and not without end")
    func turns() {
        var turns = StoringTurns()
        for number in 0..<StoringTurns.mostRunning { #expect(turns.begin("\(number)") == .now) }
        for number in 0..<StoringTurns.mostWaiting { #expect(turns.begin("w\(number)") == .later) }
        #expect(turns.begin("x") == .never)
        for number in 0..<StoringTurns.mostWaiting { #expect(turns.next() == "w\(number)") }
        #expect(turns.running == StoringTurns.mostRunning)
        for _ in 0..<StoringTurns.mostRunning { #expect(turns.next() == nil) }
        #expect(turns == StoringTurns())
        #expect(turns.begin("y") == .now)
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
