/// When an outgoing webhook that was not taken is sent again. Pure: a journal keeps the number of the
/// attempt and the moment of the next, and both survive a restart.
package enum WebhookSchedule {
    /// After the first attempt, the second, and so on: the schedule that Standard Webhooks proposes.
    /// Together a little more than a day, the time for which results are kept.
    package static let pauses: [Duration] = [
        .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600),
        .seconds(10 * 3600), .seconds(10 * 3600),
    ]
    /// Attempts in all, the first included.
    package static var attempts: Int { pauses.count + 1 }
    /// How far a pause may be off, either way: receivers that were down for thousands of messages do
    /// not get them all at once.
    package static let jitter = 0.1
    /// The longest `Retry-After` that is heeded.
    package static let longestWish: Duration = .seconds(24 * 3600)

    /// The pause before the next attempt.
    ///
    /// - Parameters:
    ///   - attempt: the number of the one that failed, from 1.
    ///   - wish: the receiver's `Retry-After`; a longer pause than planned, never a shorter one.
    ///   - random: 0 to 1, evenly distributed.
    /// - Returns: `nil` when it was the last.
    package static func pause(afterAttempt attempt: Int, wish: Duration? = nil, random: Double) -> Duration? {
        guard attempt >= 1, attempt <= pauses.count else { return nil }
        let factor = 1 + jitter * (2 * min(max(random, 0), 1) - 1)
        let planned = pauses[attempt - 1] * factor
        guard let wish else { return planned }
        return max(planned, min(wish, longestWish))
    }
}
