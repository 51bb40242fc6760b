import Reactor

/// One client's connection: reads requests one at a time, has them answered, sends the answers.
///
/// While an answer is being made nothing more is read, so what a client sends ahead waits in the
/// kernel and pushes back. Lives in the isolation of its `Server`.
final class ServerConnection {
    /// How a connection comes to serve no more.
    enum Ending: Error {
        /// Nothing is left to say: the client is gone, silent, or served.
        case quiet
        /// The client's message is not acceptable; it is told, then the connection closes.
        case refused(ProtocolError)
    }

    enum Outcome {
        case ended
        /// The task has been cancelled by a hang-up with an answer still to send, which takes a new task.
        case interrupted
    }

    let socket: Socket
    let loop: ServerLoop
    var input: InputBuffer
    private(set) lazy var peer = socket.peerAddress
    /// The task that runs `serve`.
    var task: Task<Void, Never>?

    /// Set while service code runs, which is what a hang-up interrupts.
    var runsService = false
    private var hasBegun = false
    private var unsent: Answer?
    private var turn = 0

    /// Links of the list the connection is on.
    var list: ConnectionList?
    var older: ServerConnection?
    var newer: ServerConnection?

    init(_ socket: Socket, on loop: ServerLoop) {
        self.socket = socket
        self.loop = loop
        input = InputBuffer(scratch: loop.reactor.scratch)
        socket.onHangUp = { [unowned self] in hangUp() }
    }

    /// Serves the client until the connection is closed, or the task cancelled.
    func serve() async -> Outcome {
        do throws(Ending) {
            try await begin()
            while true {
                let answer = try await nextAnswer()
                if Task.isCancelled {
                    unsent = .some(answer)
                    return .interrupted
                }
                try await finish(answer)
                try await takeTurns()
            }
        } catch {
            if case .refused(let fault) = error { await refuse(fault) }
        }
        close()
        return .ended
    }

    /// Tells the client what is wrong and closes.
    func refuse(_ fault: ProtocolError) async {
        leaveList()
        let answer = Answer(response: loop.service.refusal(fault), method: .get, minorVersion: 1, then: .linger)
        do throws(Ending) { try await finish(answer) } catch {}
        close()
    }

    func close() {
        leaveList()
        socket.close()
    }

    /// Ends everything at once: service code is cancelled, the socket closed.
    func abandon() {
        task?.cancel()
        close()
    }

    private func begin() async throws(Ending) {
        if let answer = unsent.take() {
            try await finish(answer)
            return
        }
        guard !hasBegun else { return }
        hasBegun = true
        guard let tls = loop.tls else { return }
        join(loop.reading)
        do throws(IOFailure) {
            try await socket.acceptTLS(tls, until: .after(loop.limits.handshakeTimeout))
        } catch {
            throw .quiet
        }
    }

    private func nextAnswer() async throws(Ending) -> Answer {
        let received = try await readHead()
        switch loop.service.admit(received.head) {
        case .refuse(let response):
            return answer(response, leaving: received)
        case .read(let maximumBodyBytes):
            return try await respond(to: received, maximumBodyBytes: min(maximumBodyBytes, loop.limits.bodyBytes))
        }
    }

    private func respond(to received: consuming ReceivedHead, maximumBodyBytes: Int) async throws(Ending) -> Answer {
        if case .length(let count) = received.framing, count > maximumBodyBytes {
            let fault = ProtocolError.contentTooLarge("the body is larger than \(maximumBodyBytes) bytes")
            return answer(loop.service.refusal(fault), leaving: received)
        }
        let body = try await readBody(of: received, maximumBytes: maximumBodyBytes)
        let method = received.head.method
        let minorVersion = received.head.minorVersion
        let keepsConnection = received.keepsConnection
        input.keep()
        runsService = true
        defer { runsService = false }
        // A client that closed its side with the request is as gone as one that does so later.
        if socket.peerHasHungUp { task?.cancel() }
        let response = await loop.service.respond(to: Request(head: received.head, body: body))
        return Answer(
            response: response, method: method, minorVersion: minorVersion, then: keepsConnection ? .next : .close)
    }

    /// The answer to a request whose body is not read: whether the connection survives depends on
    /// how much of it is still to come.
    private func answer(_ response: Response, leaving received: borrowing ReceivedHead) -> Answer {
        let next: Sequel
        switch received.framing {
        case _ where !received.keepsConnection:
            next = received.framing == .none ? .close : .linger
        case .none:
            next = .next
        case .length(let count) where count <= input.count:
            next = .discard(count)
        // A client that waits for 100 Continue may send the body or not: nobody can tell where
        // its next request starts.
        case .length(let count) where count <= loop.limits.drainBytes && !received.expectsContinue:
            next = .discard(count)
        case .length, .chunked, .untilClose:
            next = .linger
        }
        return Answer(
            response: response, method: received.head.method, minorVersion: received.head.minorVersion,
            then: next)
    }

    /// The client closed its sending side or reset the connection. Whatever works for it is
    /// cancelled; waiting reads find out by themselves.
    private func hangUp() {
        if runsService { task?.cancel() }
    }

    /// Lets other connections run after a row of requests that may all have been there already.
    private func takeTurns() async throws(Ending) {
        turn += 1
        guard turn % loop.limits.requestsPerTurn == 0 else { return }
        input.keep()
        await Task.yield()
    }
}
