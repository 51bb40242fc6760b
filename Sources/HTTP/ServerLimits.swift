/// The bounds of a server: how large, how many, how long. Each is reached by hostile or broken
/// clients only; what happens then is said beside it.
package struct ServerLimits: Sendable {
    /// Request line and fields together; above it 431. Above the 8 KiB that browsers and SDKs ever
    /// send, below what makes ten thousand slow clients expensive.
    package var headBytes = 32 * 1024
    /// The request target; above it 414. RFC 9112, section 3, asks for 8000 at least.
    package var targetBytes = 8 * 1024
    /// Fields of a head; above it 431. Proxies that add theirs stay below half of it.
    package var fieldCount = 100
    /// The most that any `Admittance` can allow; above it 413. A prompt is at most 32,000
    /// characters; a few data-URI inputs fit as well.
    package var bodyBytes = 20 * 1024 * 1024

    /// From accepting a connection to the end of its TLS handshake; then it is closed.
    package var handshakeTimeout: Duration = .seconds(10)
    /// From the first byte of a head to its last; then 408. A slow-loris client is gone after this.
    package var headTimeout: Duration = .seconds(10)
    /// The longest silence inside a body; then 408. Long enough for a mobile client to change cells.
    package var bodyIdleTimeout: Duration = .seconds(20)
    /// What a body may take beside `bodyBytesPerSecond`; then 408.
    package var bodyGrace: Duration = .seconds(30)
    /// The slowest a body may come on average once `bodyGrace` is over: a byte a second would
    /// otherwise hold its memory for months. A modem is faster.
    package var bodyBytesPerSecond = 4 * 1024
    /// Between two requests, and before the first; then the connection is closed without a word.
    /// Longer than the 60 s after which the usual load balancers give up a connection themselves,
    /// so that they never send into one that is being closed.
    package var idleTimeout: Duration = .seconds(75)
    /// The longest a client may take nothing of an answer; then the connection is cut.
    package var writeStall: Duration = .seconds(30)

    /// Open connections of all servers that share a `ConnectionCount`. At the bound the new
    /// one takes the place of the one whose client has been waited for longest: to ask, to end a head
    /// it has begun, to send more of a body, to take more of an answer, to close behind the last one.
    /// With all at work on answers the new one gets 503. More than the usual process may have open.
    package var connections = 20_000
    /// Connections beyond `connections` that are told so at the same time; more are just closed.
    package var refusedConnections = 64
    /// Requests of one connection answered in a row before others get their turn.
    package var requestsPerTurn = 16

    /// The rest of a refused body that is read and thrown away to keep the connection: cheaper
    /// than a new one. With more to come the connection is closed behind the answer.
    package var drainBytes = 64 * 1024
    /// After an answer that closes the connection while the client may still be sending: what is
    /// read and thrown away. Closing at once would reset the connection, and the reset can destroy
    /// the answer before the client has read it; many clients read only when they have sent all.
    package var lingerBytes = 64 * 1024 * 1024
    /// How long that may take, and the longest silence in it.
    package var lingerTimeout: Duration = .seconds(10)
    package var lingerSilence: Duration = .seconds(2)

    package init() {}

    var head: HeadLimits {
        var limits = HeadLimits()
        limits.headBytes = headBytes
        limits.targetBytes = targetBytes
        limits.fieldCount = fieldCount
        return limits
    }
}
