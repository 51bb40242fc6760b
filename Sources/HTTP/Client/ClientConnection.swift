import Reactor

/// A connection to an origin, used by one request at a time.
///
/// Between requests it holds its socket and nothing else: bytes are read into the loop's scratch
/// buffer, and only what a suspension would lose is kept here.
final class ClientConnection {
    let socket: Socket
    private let reactor: Reactor
    /// The pool that it counts in.
    weak var pool: OriginPool?
    /// Bytes behind what has been read of the answer so far.
    var surplus: [UInt8] = []
    /// Whether it has served a request before the current one.
    private(set) var isReused = false
    /// Since when it waits for a request.
    private(set) var idleSince: Deadline?
    /// Whether any byte has come since the current request began.
    private(set) var answerHasBegun = false
    /// Whether the current request has been sent to its end.
    private(set) var requestIsComplete = false

    init(_ socket: Socket, on reactor: Reactor, in pool: OriginPool) {
        self.socket = socket
        self.reactor = reactor
        self.pool = pool
        socket.onHangUp = { [weak self] in self?.hangUp() }
    }

    /// The server closed: a connection that waits for a request is of no use any more.
    private func hangUp() {
        if idleSince != nil { pool?.dropIdle(self) }
    }

    func becomeIdle() {
        idleSince = .now
    }

    func becomeBusy() {
        idleSince = nil
        isReused = true
        answerHasBegun = false
        requestIsComplete = false
    }

    /// Whether an idle connection can take a request: nothing has come, neither its end nor a byte.
    ///
    /// The kernel is asked, not only the last event: a request sent into a connection that has just
    /// been closed is one of which nobody knows whether the server acted on it. And a byte that
    /// nobody asked for would be taken for the beginning of the next answer.
    var isFit: Bool {
        guard !socket.peerHasHungUp else { return false }
        do {
            return try socket.tryRead(into: reactor.scratch) == nil
        } catch {
            return false
        }
    }

    // MARK: One exchange

    /// Sends the request, or as much of it as the server wants: it may answer before the end.
    ///
    /// - Parameter answer: takes what comes meanwhile.
    /// - Throws: at stage `send`.
    func send(
        _ request: ClientRequest, reading answer: inout AnswerHeadReader, _ timeouts: ClientTimeouts,
        _ limits: ClientLimits
    ) async throws(ClientError) {
        guard !Task.isCancelled else { throw .before(.send, .io(.cancelled)) }
        guard Deadline.now < timeouts.whole else { throw .before(.send, .io(.timedOut)) }
        do {
            let isSmall = request.body.count <= limits.bodyBesideHead
            var head = request.encodedHead(withRoomFor: isSmall ? request.body.count : 0)
            if isSmall { head += request.body }
            try await write(head, timeouts)
            requestIsComplete = isSmall
        } catch {
            throw .after(.send, .io(error))
        }
        if !requestIsComplete { try await sendBody(request.body, reading: &answer, timeouts, limits.sendPiece) }
    }

    /// In pieces, until the final answer begins: what the server has judged it need not get.
    private func sendBody(
        _ body: [UInt8], reading answer: inout AnswerHeadReader, _ timeouts: ClientTimeouts, _ pieceBytes: Int
    ) async throws(ClientError) {
        var start = 0
        while start < body.count {
            let end = min(start + pieceBytes, body.count)
            do {
                try await write(Array(body[start..<end]), timeouts)
            } catch {
                throw .after(.send, .io(error))
            }
            start = end
            while start < body.count, try receive(&answer, at: .send) {
                if answer.final != nil { return }
            }
        }
        requestIsComplete = true
    }

    /// - Throws: `.timedOut` when the peer takes nothing for `idle`, or at the deadline of the whole.
    private func write(_ bytes: [UInt8], _ timeouts: ClientTimeouts) async throws(IOFailure) {
        guard !Task.isCancelled else { throw .cancelled }
        guard timeouts.whole < .never else { return try await socket.write(bytes, stall: timeouts.idle) }
        let left = timeouts.whole.nanoseconds(since: .now)
        guard left > 0 else { throw .timedOut }
        try await socket.write(bytes, stall: min(timeouts.idle, .nanoseconds(Int64(clamping: left))))
    }

    /// Waits for the head of the final answer; what came behind it is `surplus`.
    ///
    /// - Throws: at stage `head`.
    func receiveHead(_ answer: inout AnswerHeadReader, until deadline: Deadline) async throws(ClientError) -> ResponseHead {
        while true {
            if let head = answer.final { return head }
            do {
                try await socket.waitReadable(until: deadline)
            } catch {
                throw .after(.head, .io(error))
            }
            _ = try receive(&answer, at: .head)
        }
    }

    /// Reads once, without waiting.
    ///
    /// - Returns: whether anything was there.
    private func receive(_ answer: inout AnswerHeadReader, at stage: ClientError.Stage) throws(ClientError) -> Bool {
        let count: Int?
        do {
            count = try socket.tryRead(into: reactor.scratch)
        } catch {
            throw .after(stage, .io(error))
        }
        guard let count else { return false }
        guard count > 0 else { throw .after(stage, .endedEarly) }
        answerHasBegun = true
        let scratch = UnsafeRawBufferPointer(reactor.scratch).bindMemory(to: UInt8.self)
        do {
            let taken = try answer.consume(UnsafeBufferPointer(rebasing: scratch[..<count]))
            surplus.append(contentsOf: scratch[taken..<count])
        } catch {
            throw .after(stage, .malformed(error))
        }
        return true
    }

    // MARK: Its end

    /// Gives the connection back for the next request, if it is worth keeping.
    func release() {
        guard requestIsComplete, surplus.isEmpty, !socket.peerHasHungUp, let pool else { return discard() }
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
        pool?.giveBackVacancy()
    }
}
