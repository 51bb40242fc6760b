import Reactor

/// One request on its way to its answer. What is promised about it stands at `Client`.
///
/// An object, so that the frames of suspended functions hold one reference instead of copies of
/// the request: thousands may be waiting. For the same reason the rare steps are not inlined.
final class Exchange {
    let request: ClientRequest
    let timeouts: ClientTimeouts
    let maximumBodyBytes: Int
    private let pool: ConnectionPool
    /// The answer's head, from when it is complete until it is taken.
    @exclusivity(unchecked) private var head: ResponseHead?
    /// What has been read of a head that came in pieces; kept apart, since nearly every one comes whole.
    @exclusivity(unchecked) private var begun: BegunHead?
    /// Whether an attempt before the current one may have had an effect.
    private var wasSentBefore = false

    init(_ request: ClientRequest, _ timeouts: ClientTimeouts, maximumBodyBytes: Int, over pool: ConnectionPool) {
        self.request = request
        self.timeouts = timeouts
        self.maximumBodyBytes = maximumBodyBytes
        self.pool = pool
    }

    private var limits: ClientLimits { pool.limits }

    /// The answer's head, with the connection on which the body comes.
    func run() async throws(ClientError) -> IncomingResponse {
        let connection = try await pool.checkout(for: self)
        do {
            return try await attempt(over: connection)
        } catch {
            try giveUp(connection, after: error)
        }
        return try await repeated(insteadOf: connection)
    }

    /// Returns when the request may be repeated, its connection still held; otherwise gives the
    /// connection back and throws.
    private func giveUp(_ connection: ClientConnection, after error: ClientError) throws(ClientError) {
        let isRepeatable = Exchange.mayRepeat(
            request.method, after: error, reused: connection.isReused, answered: connection.answerHasBegun)
        guard !isRepeatable else {
            wasSentBefore = error.serverMayHaveActed
            return
        }
        // A connection over which nothing has been sent is as good as before.
        if error.serverMayHaveActed { connection.discard() } else { connection.releaseUnused() }
        throw wasSentBefore ? error.afterEarlierAttempt : error
    }

    @inline(never)
    private func repeated(insteadOf stale: ClientConnection) async throws(ClientError) -> IncomingResponse {
        let fresh: ClientConnection
        do {
            fresh = try await pool.replace(stale, for: self)
        } catch {
            throw wasSentBefore ? error.afterEarlierAttempt : error
        }
        do {
            return try await attempt(over: fresh)
        } catch {
            // A fresh connection is never repeatable, so this throws.
            try giveUp(fresh, after: error)
            throw error
        }
    }

    /// The rule of repetition; see `Client`.
    ///
    /// - Parameters:
    ///   - isReused: whether the connection had served a request before this one.
    ///   - answerHasBegun: whether a byte of the answer has come.
    static func mayRepeat(
        _ method: Method, after error: ClientError, reused isReused: Bool, answered answerHasBegun: Bool
    ) -> Bool {
        guard isReused, !answerHasBegun, error.isLostConnection else { return false }
        return method.isIdempotent || !error.serverMayHaveActed
    }

    // MARK: One attempt

    /// On an error the connection is still held.
    private func attempt(over connection: ClientConnection) async throws(ClientError) -> IncomingResponse {
        do {
            try await send(over: connection)
        } catch {
            // A server that refuses a large body answers, closes, and lets the rest of it run
            // into a reset: what it said is worth more than how it ended.
            guard error.serverMayHaveActed, error.isTimeout || error.isLostConnection,
                let early = try? await receiveHead(over: connection, until: .now)
            else { throw error }
            return try IncomingResponse(early, to: self, over: connection, on: pool.reactor)
        }
        let deadline = timeouts.deadline(timeouts.head, after: pool.reactor.turnBegan)
        let head = try await receiveHead(over: connection, until: deadline)
        return try IncomingResponse(head, to: self, over: connection, on: pool.reactor)
    }

    /// Sends the request, or as much of it as the server wants: it may answer before the end.
    ///
    /// - Throws: at stage `send`.
    private func send(over connection: ClientConnection) async throws(ClientError) {
        guard !Task.isCancelled else { throw .before(.send, .io(.cancelled)) }
        guard pool.reactor.turnBegan < timeouts.whole else { throw .before(.send, .io(.timedOut)) }
        let isSmall = request.body.count <= limits.bodyBesideHead
        var start = pool.spareOutput.take()
        request.encode(isSmall ? .whole : .head, into: &start)
        let sent = try writeAtOnce(start, over: connection)
        if sent < start.count { try await write(start[sent...], over: connection) }
        pool.spareOutput.giveBack(&start)
        if isSmall { connection.requestIsComplete = true } else { try await sendBody(over: connection) }
    }

    /// Sends what the kernel takes: all of it for nearly every request, and then no room is needed to wait.
    ///
    /// - Returns: how many bytes that was.
    private func writeAtOnce(_ bytes: [UInt8], over connection: ClientConnection) throws(ClientError) -> Int {
        do {
            return try connection.socket.tryWrite(bytes) ?? 0
        } catch {
            throw .after(.send, .io(error))
        }
    }

    /// In pieces, until the final answer begins: what the server has judged it need not get.
    @inline(never)
    private func sendBody(over connection: ClientConnection) async throws(ClientError) {
        var start = 0
        while start < request.body.count {
            let end = min(start + limits.sendPiece, request.body.count)
            try await write(request.body[start..<end], over: connection)
            start = end
            while start < request.body.count, try receive(over: connection, at: .send) {
                if head != nil { return }
            }
        }
        connection.requestIsComplete = true
    }

    /// - Throws: `.timedOut` when the peer takes nothing for `idle`, or at the deadline of the whole.
    @inline(never)
    private func write(_ bytes: ArraySlice<UInt8>, over connection: ClientConnection) async throws(ClientError) {
        do throws(IOFailure) {
            guard !Task.isCancelled else { throw .cancelled }
            try await connection.socket.write(bytes, stall: try timeouts.stall)
        } catch {
            throw .after(.send, .io(error))
        }
    }

    /// Waits for the head of the final answer; what came behind it is the connection's `surplus`.
    ///
    /// - Throws: at stage `head`.
    private func receiveHead(
        over connection: ClientConnection, until deadline: Deadline
    ) async throws(ClientError) -> ResponseHead {
        while true {
            if let head = head.take() { return head }
            do {
                try await connection.socket.waitReadable(until: deadline)
            } catch {
                throw .after(.head, .io(error))
            }
            _ = try receive(over: connection, at: .head)
        }
    }

    /// Reads once, without waiting.
    ///
    /// - Returns: whether anything was there.
    private func receive(over connection: ClientConnection, at stage: ClientError.Stage) throws(ClientError) -> Bool {
        let scratch = pool.reactor.scratch
        let count: Int?
        do {
            count = try connection.socket.tryRead(into: scratch)
        } catch {
            throw .after(stage, .io(error))
        }
        guard let count else { return false }
        guard count > 0 else { throw .after(stage, .endedEarly) }
        connection.answerHasBegun = true
        let bytes = UnsafeRawBufferPointer(scratch).bindMemory(to: UInt8.self)
        do {
            let taken = try read(UnsafeBufferPointer(rebasing: bytes[..<count]))
            connection.surplus.append(contentsOf: bytes[taken..<count])
        } catch {
            throw .after(stage, .malformed(error))
        }
        return true
    }

    /// Takes what belongs to the head from the front of `input`.
    private func read(_ input: UnsafeBufferPointer<UInt8>) throws(ProtocolError) -> Int {
        if let begun {
            let taken = try begun.reader.consume(input)
            head = begun.reader.final
            return taken
        }
        var reader = AnswerHeadReader(limits: limits)
        let taken = try reader.consume(input)
        head = reader.final
        if head == nil { begun = BegunHead(reader) }
        return taken
    }
}

private final class BegunHead {
    var reader: AnswerHeadReader

    init(_ reader: AnswerHeadReader) {
        self.reader = reader
    }
}
