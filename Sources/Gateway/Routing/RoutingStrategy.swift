/// `routing_strategy`: how the requests of one name are shared among its entries.
package enum RoutingStrategy: String, Sendable, Equatable, CaseIterable {
    /// At random, by `weight`, else by `rpm`.
    case simpleShuffle = "simple-shuffle"
    /// To the one with the fewest requests on their way.
    case leastBusy = "least-busy"
    /// To the one whose jobs take least time.
    case latencyBased = "latency-based-routing"

    /// What LiteLLM has besides: by tokens, which images have none of, and by LiteLLM's own prices.
    static let unsupported = ["usage-based-routing", "usage-based-routing-v2", "cost-based-routing"]

    /// What is known of an entry when one is chosen.
    struct Standing: Sendable, Equatable {
        /// 0: never, unless all have it.
        var weight = 1.0
        var inFlight = 0
        var latency: Duration?
    }

    /// Chooses one. A pure function: `draw` is the chance in it.
    ///
    /// - Parameters:
    ///   - standings: at least one.
    ///   - draw: from 0 up to 1, evenly distributed.
    /// - Returns: an index of `standings`.
    func choose(among standings: [Standing], draw: Double) -> Int {
        guard standings.count > 1 else { return 0 }
        switch self {
        case .simpleShuffle:
            return RoutingStrategy.weighted(standings.indices.map { $0 }, standings, draw)
        case .leastBusy:
            return RoutingStrategy.lowest(standings, draw) { Double($0.inFlight) }
        case .latencyBased:
            return RoutingStrategy.lowest(standings, draw) { standing in
                // One that was never measured is measured now, by one request: until its answer
                // nobody knows whether a second should follow.
                standing.latency.map { $0 / .seconds(1) } ?? (standing.inFlight == 0 ? -1 : .infinity)
            }
        }
    }

    /// Those for whom `measure` is lowest, and among them by weight. An entry of weight 0 is out.
    private static func lowest(_ standings: [Standing], _ draw: Double, _ measure: (Standing) -> Double) -> Int {
        let willing = standings.indices.filter { standings[$0].weight > 0 }
        let candidates = willing.isEmpty ? Array(standings.indices) : willing
        let best = candidates.map { measure(standings[$0]) }.min()
        return weighted(candidates.filter { measure(standings[$0]) == best }, standings, draw)
    }

    private static func weighted(_ indices: [Int], _ standings: [Standing], _ draw: Double) -> Int {
        let total = indices.reduce(0) { $0 + standings[$1].weight }
        guard total > 0, total.isFinite else { return indices.first ?? 0 }
        var left = draw * total
        for index in indices {
            left -= standings[index].weight
            if left < 0 { return index }
        }
        return indices.last { standings[$0].weight > 0 } ?? 0
    }
}
