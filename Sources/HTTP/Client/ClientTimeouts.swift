package import Reactor

/// How long each step of one exchange may take. Whatever ends first ends the exchange.
package struct ClientTimeouts: Sendable {
    /// For a connection to become free when the origin has as many as it may have.
    package var wait: Duration
    /// For name resolution, TCP and TLS together, all addresses of the name included.
    package var connect: Duration
    /// From the last byte of the request to the last byte of the answer's head, interim answers
    /// included.
    package var head: Duration
    /// The longest silence inside the answer's body, and the longest stall while the request is sent.
    package var idle: Duration
    /// The end of everything: also of answers that trickle in without ever being silent for long.
    package var whole: Deadline

    package init(
        wait: Duration = .seconds(10), connect: Duration = .seconds(5), head: Duration = .seconds(30),
        idle: Duration = .seconds(30), whole: Deadline = .never
    ) {
        self.wait = wait
        self.connect = connect
        self.head = head
        self.idle = idle
        self.whole = whole
    }

    /// `duration` after `now`, or the end of the whole exchange if that is earlier.
    func deadline(_ duration: Duration, after now: Deadline) -> Deadline {
        .earlier(now.advanced(by: duration), whole)
    }

    /// The longest that the peer may take nothing: `idle`, or what is left of the whole.
    ///
    /// - Throws: `.timedOut` when nothing is left.
    var stall: Duration {
        get throws(IOFailure) {
            guard whole < .never else { return idle }
            let left = whole.nanoseconds(since: .now)
            guard left > 0 else { throw .timedOut }
            return min(idle, .nanoseconds(Int64(clamping: left)))
        }
    }
}
