import Reactor

/// When to look again.
struct Pacing {
    private let start: Deadline
    /// A webhook is awaited meanwhile: looks are rare.
    private let isBackstop: Bool
    private var troubles = 0
    private(set) var refusals = 0
    /// For the log, should the deadline come.
    private(set) var lastTrouble: String?

    init(since start: Deadline, isBackstop: Bool) {
        self.start = start
        self.isBackstop = isBackstop
    }

    /// - Returns: the pause until the next look.
    func next(at now: Deadline, _ limits: QueueLimits) -> Duration {
        guard troubles == 0 else {
            return min(limits.troubleFloor * (1 << min(troubles - 1, 16)), limits.troubleCeiling)
        }
        let taken = Duration.nanoseconds(Int64(clamping: now.nanoseconds(since: start)))
        let floor = isBackstop ? limits.backstopFloor : limits.pollFloor
        return max(floor, min(taken / limits.pollShare, isBackstop ? limits.backstopCeiling : limits.pollCeiling))
    }

    mutating func wentWell() {
        troubles = 0
        refusals = 0
    }

    mutating func hadTrouble(_ failure: FalFailure) {
        troubles += 1
        refusals = 0
        lastTrouble = failure.description
    }

    mutating func wasRefused(_ failure: FalFailure) {
        troubles += 1
        refusals += 1
        lastTrouble = failure.description
    }
}
