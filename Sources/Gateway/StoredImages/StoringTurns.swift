/// Whose images are fetched and written now, and whose later. A value: it knows requests by their ids only.
///
/// Images are megabytes, so that few requests are in hand at a time; the others wait as nothing but ids and are
/// read from the ledger when it is their turn.
struct StoringTurns: Sendable, Equatable {
    /// What becomes of a request.
    enum Turn: Sendable, Equatable {
        /// Whoever gets this calls `next` when it is through.
        case now
        /// Somebody gets it from `next`.
        case later
        case never
    }

    /// Requests at a time. An image is some 5 MB while it is file and text at once.
    static let mostRunning = 16
    /// Ids that wait. A disk or a CDN that is so far behind does not catch up.
    static let mostWaiting = 10_000

    private(set) var running = 0
    private var waiting: ArraySlice<String> = []

    mutating func begin(_ request: String) -> Turn {
        if running < StoringTurns.mostRunning {
            running += 1
            return .now
        }
        guard waiting.count < StoringTurns.mostWaiting else { return .never }
        waiting.append(request)
        return .later
    }

    /// - Returns: whose turn it is; `nil` when nobody waits, and one request fewer is in hand.
    mutating func next() -> String? {
        if let request = waiting.popFirst() { return request }
        running -= 1
        return nil
    }
}
