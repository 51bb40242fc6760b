import Reactor

/// A connection to an origin, used by one request at a time.
///
/// Between requests it holds its socket and nothing else: bytes are read into the loop's scratch
/// buffer, and only what a suspension would lose is kept here.
final class ClientConnection {
    let socket: Socket
    private let reactor: Reactor
    /// The pool that it counts in. Together they are a cycle while the connection is idle, which
    /// `OriginPool.close` or the end of its time breaks: weak references would cost more.
    private let pool: OriginPool
    /// Bytes behind what has been read of the answer so far.
    @exclusivity(unchecked) var surplus: [UInt8] = []
    /// Whether it has served a request before the current one.
    private(set) var isReused = false
    /// Since when it waits for a request.
    private(set) var idleSince: Deadline?
    /// Whether any byte has come since the current request began.
    var answerHasBegun = false
    /// Whether the current request has been sent to its end.
    var requestIsComplete = false

    init(_ socket: Socket, on reactor: Reactor, in pool: OriginPool) {
        self.socket = socket
        self.reactor = reactor
        self.pool = pool
        // A cycle until the socket is closed, which every connection is in the end.
        socket.onHangUp = { self.hangUp() }
    }

    /// The server closed: a connection that waits for a request is of no use any more.
    private func hangUp() {
        if idleSince != nil { pool.dropIdle(self) }
    }

    func becomeIdle() {
        idleSince = reactor.turnBegan
    }

    func becomeBusy() {
        idleSince = nil
        isReused = true
        answerHasBegun = false
        requestIsComplete = false
    }

    /// Whether an idle connection can take a request by `method`: nothing has come, neither its end nor a byte
    /// that nobody asked for, which would be taken for the beginning of the next answer.
    ///
    /// A request that must not be repeated has the kernel asked, not only the events of the loop's current
    /// turn: of one sent into a connection that has just been closed nobody knows whether the server acted on it.
    /// Any other is simply sent again then (see `Client`), which is rare and costs less than to ask each time.
    func isFit(for method: Method) -> Bool {
        guard socket.mayHaveInput || !method.isIdempotent else { return true }
        guard !socket.peerHasHungUp else { return false }
        do {
            return try socket.tryRead(into: reactor.scratch) == nil
        } catch {
            return false
        }
    }

    // MARK: Its end

    /// Gives the connection back for the next request, if it is worth keeping.
    func release() {
        guard requestIsComplete, surplus.isEmpty, !socket.peerHasHungUp else { return discard() }
        pool.park(self)
    }

    /// Gives a connection back of which nothing was used.
    func releaseUnused() {
        requestIsComplete = true
        release()
    }

    /// Closes the connection and gives its place to whoever waits.
    func discard() {
        socket.close()
        pool.giveBackVacancy()
    }
}
