/// The bounds of one client, which is those of one loop.
package struct ClientLimits: Sendable {
    /// Connections to one origin, idle ones included; further requests wait in line. A TLS
    /// connection costs 42 KB, and a burst of handshakes more than the requests behind it.
    package var connectionsPerOrigin = 128
    /// Requests that may wait in that line; one more fails at once. More than all clients of a server
    /// (`ServerLimits.connections`), whose jobs may end at the same time.
    package var waitingPerOrigin = 32_768
    /// How long a connection is kept for the next request. Below the 60 s after which the usual
    /// load balancers close it themselves.
    package var idleTimeout: Duration = .seconds(30)
    /// The head of an answer: fal promises to stay below 16 KB.
    package var head = HeadLimits()
    /// Answers 1xx before the final one. Real servers send one; a hostile one would never stop.
    package var interimAnswers = 8
    /// Addresses of one name that are tried.
    package var addressesPerName = 8
    /// A body up to this size travels in one write with its head.
    package var bodyBesideHead = 64 * 1024
    /// A larger body is sent in pieces of this size. Between two it is looked whether the server
    /// has answered already, as one does that refuses the rest.
    package var sendPiece = 256 * 1024

    package init() {}
}
