import Testing

@testable import Gateway

@Suite("Routing strategies") struct StrategyTests {
    typealias Standing = RoutingStrategy.Standing

    /// How often each is chosen when chance goes once through all its values.
    private func shares(_ strategy: RoutingStrategy, _ standings: [Standing]) -> [Int] {
        var counts = standings.map { _ in 0 }
        for draw in 0..<1_000 { counts[strategy.choose(among: standings, draw: Double(draw) / 1_000)] += 1 }
        return counts
    }

    @Test("simple-shuffle shares by weight, and a weight of 0 gets nothing")
    func shuffle() {
        #expect(shares(.simpleShuffle, [Standing(weight: 3), Standing(weight: 1), Standing(weight: 0)]) == [750, 250, 0])
        #expect(shares(.simpleShuffle, [Standing(weight: 0), Standing(weight: 0)]) == [1_000, 0])
    }

    @Test("least-busy takes the one with the fewest requests, and chance among equals")
    func leastBusy() {
        #expect(shares(.leastBusy, [Standing(inFlight: 2), Standing(inFlight: 1), Standing(inFlight: 3)]) == [0, 1_000, 0])
        #expect(shares(.leastBusy, [Standing(inFlight: 1), Standing(inFlight: 1), Standing(inFlight: 3)]) == [500, 500, 0])
        #expect(shares(.leastBusy, [Standing(weight: 0), Standing(inFlight: 9)]) == [0, 1_000])
    }

    @Test("latency-based takes the fastest, measures who was not, and one request is enough for that")
    func latency() {
        let slow = Standing(latency: .seconds(3))
        let fast = Standing(inFlight: 9, latency: .seconds(1))
        #expect(shares(.latencyBased, [slow, fast]) == [0, 1_000])
        #expect(shares(.latencyBased, [fast, Standing()]) == [0, 1_000])
        #expect(shares(.latencyBased, [fast, Standing(inFlight: 1)]) == [1_000, 0])
        #expect(shares(.latencyBased, [Standing(inFlight: 1), Standing(inFlight: 1)]) == [500, 500])
    }
}

@Suite("Fallbacks") struct FallbacksTests {
    private func fallbacks(_ named: [String: [String]], usual: [String] = [], most: Int = 5) -> Fallbacks {
        var fallbacks = Fallbacks()
        fallbacks.named = named
        fallbacks.usual = usual
        fallbacks.most = most
        return fallbacks
    }

    @Test("in the order written, each followed by its own, none twice")
    func chains() {
        let all = fallbacks(["a": ["b", "c"], "b": ["d", "a"], "d": ["c"]])
        #expect(all.chain(for: "a") == ["b", "d", "c"])
        #expect(all.chain(for: "b") == ["d", "c", "a"])
        #expect(all.chain(for: "c") == [])
    }

    @Test("default_fallbacks are for models without their own; * wins over them")
    func usual() {
        #expect(fallbacks(["a": ["b"]], usual: ["x", "y"]).chain(for: "q") == ["x", "y"])
        #expect(fallbacks(["a": ["b"]], usual: ["x"]).chain(for: "a") == ["b", "x"])
        #expect(fallbacks(["*": ["z"]], usual: ["x"]).chain(for: "q") == ["z"])
        #expect(fallbacks([:], usual: ["x", "y"]).chain(for: "x") == ["y"])
    }

    @Test("max_fallbacks bounds the chain")
    func most() {
        #expect(fallbacks(["a": ["b", "c", "d"]], most: 2).chain(for: "a") == ["b", "c"])
        #expect(fallbacks(["a": ["b"]], most: 0).chain(for: "a") == [])
    }

    @Test("a loop is told from a chain")
    func loops() {
        let all = fallbacks(["a": ["b"], "b": ["c"], "c": ["a", "d"], "e": ["e"], "f": ["a"]])
        #expect(all.loop(from: "a") == ["a", "b", "c", "a"])
        #expect(all.loop(from: "e") == ["e", "e"])
        #expect(all.loop(from: "f") == nil)
        #expect(all.loop(from: "d") == nil)
    }
}
