import HTTP

/// Streams of events: the same items however the bytes are cut, and nothing held beyond the limits.
func fuzzEventStreams(_ bytes: [UInt8]) {
    let limits = bytes.mark & 6 == 0 ? EventStreamLimits(lineBytes: 24, eventBytes: 40) : EventStreamLimits()
    let results = Pieces.ways(of: bytes).map { items($0, limits) }
    require(results.allSatisfy { $0 == results[0] }, "the items depend on the cuts")
    for case .event(let event) in results[0] ?? [] {
        require(event.data.count <= min(limits.eventBytes, bytes.count), "an event larger than its limit")
        require(!event.data.contains(UInt8(ascii: "\r")), "a line end in data")
    }
}

/// `nil` when the stream is refused: the items before are told or not, as the pieces come.
private func items(_ pieces: Pieces, _ limits: EventStreamLimits) -> [StreamItem]? {
    var parser = EventStreamParser(limits: limits)
    var items: [StreamItem] = []
    for piece in pieces {
        guard let more = try? parser.feed(piece) else { return nil }
        if !more.isEmpty { items += more }
    }
    return items
}
