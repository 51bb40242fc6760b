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
        /// The connection is closed.
        case ended
        /// A request has been answered and the connection stays.
        case served
        /// The task has been cancelled by a hang-up with an answer still to send, which takes a new task.
        case interrupted
        /// The answer takes its time: a new task sends it.
        case parked
    }

    let socket: Socket
    let loop: ServerLoop
    @exclusivity(unchecked) var input: InputBuffer
    private(set) lazy var peer = socket.peerAddress
    /// The task that runs `serve`; `nil` while the connection is parked.
    var task: Task<Void, Never>?
    /// The answer that is waited for without a task, and what its request asked of it.
    private var pending: (response: any PendingResponse, form: AnswerForm, then: Sequel)?

    /// Whether it counts towards `ServerLimits.connections`.
    var holdsPlace = true
    /// Whether the last answer was sent to its end before the client hung up.
    var hasSentAll = true
    /// Called when the last answer is lost; `nil` when nobody asks, or the client's next request has come.
    var noticeOfLoss: (@Sendable () -> Void)?
    /// Set while service code runs, which is what a hang-up interrupts.
    var runsService = false
    private var hasBegun = false
    private var unsent: Answer?
    private var turn = 0

    /// What it waits for in the line of its loop; `nil` when it is not in it.
    var waiting: Waiting?
    /// Its neighbours there.
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
                try await awaitRequest()
                noticeOfLoss = nil
                let outcome = try await exchange()
                if outcome != .served { return outcome }
            }
        } catch {
            if case .refused(let fault) = error { await refuse(fault) }
        }
        close()
        return .ended
    }

    /// Tells the client what is wrong and closes.
    func refuse(_ fault: ProtocolError) async {
        stopWaiting()
        let answer = Answer(response: loop.service.refusal(fault), form: AnswerForm(), then: .linger)
        do throws(Ending) { try await finish(answer) } catch {}
        close()
    }

    func close() {
        stopWaiting()
        if let notice = noticeOfLoss.take(), !hasSentAll || socket.hasLostBytes { notice() }
        socket.close()
    }

    /// Ends everything at once: service code is cancelled, the socket closed.
    func abandon() {
        task?.cancel()
        pending?.response.cancel()
        close()
    }

    /// Waits until the answer that takes its time can be made, which `serve` does then.
    ///
    /// - Parameter resume: called once, perhaps before this returns.
    func awaitAnswer(_ resume: @escaping () -> Void) {
        guard let response = pending?.response else { return resume() }
        // Everything here belongs to one loop.
        nonisolated(unsafe) let resume = resume
        response.whenReady { resume() }
        if Task.isCancelled || socket.peerHasHungUp { response.cancel() }
    }

    private func begin() async throws(Ending) {
        if let (late, form, then) = pending.take() {
            let answer = Answer(response: await late.response(), form: form, then: then)
            hasSentAll = false
            noticeOfLoss = late.noticeOfLoss()
            return try await finish(answer)
        }
        if let answer = unsent.take() {
            try await finish(answer)
            return
        }
        guard !hasBegun else { return }
        hasBegun = true
        guard let tls = loop.tls else { return }
        wait(for: .head)
        do throws(IOFailure) {
            try await socket.acceptTLS(tls, until: .after(loop.limits.handshakeTimeout))
        } catch {
            throw .quiet
        }
    }

    /// Reads one request, has it answered and sends the answer.
    ///
    /// Not inlined: every idle connection holds the room that `serve` needs.
    @inline(never)
    private func exchange() async throws(Ending) -> Outcome {
        switch try await read() {
        case .refused(let answer):
            return try await send(answer)
        case .whole(let request, let handler, let form, let then):
            switch await reply(to: request, by: handler) {
            case .now(let response): return try await send(Answer(response: response, form: form, then: then))
            case .later(let response):
                pending = (response, form, then)
                return .parked
            }
        }
    }

    /// A request that has been read: its answer, where nobody has to make it any more, or what it asks of one.
    private enum Read: ~Copyable {
        case refused(Answer)
        case whole(Request, Admittance.Handler, AnswerForm, Sequel)
    }

    private func send(_ answer: consuming Answer) async throws(Ending) -> Outcome {
        if Task.isCancelled {
            unsent = .some(answer)
            return .interrupted
        }
        try await finish(answer)
        try await takeTurns()
        return .served
    }

    private func read() async throws(Ending) -> Read {
        let received = try await readHead()
        switch admittance(of: received) {
        case .refuse(let response):
            return .refused(answer(response, leaving: received))
        case .read(let maximumBodyBytes, let handler):
            let form = AnswerForm(for: received.head)
            let then: Sequel = received.keepsConnection ? .next : .close
            let body = try await readBody(of: received, maximumBytes: maximumBodyBytes)
            return .whole(Request(head: received.takeHead(), body: body), handler, form, then)
        }
    }

    private func admittance(of received: borrowing ReceivedHead) -> Admittance {
        let admittance = loop.service.admit(received.head)
        guard case .read(let wanted, let handler) = admittance else { return admittance }
        let maximum = min(wanted, loop.limits.bodyBytes)
        guard case .length(let count) = received.framing, count > maximum else {
            return .read(maximumBodyBytes: maximum, handler: handler)
        }
        return .refuse(loop.service.refusal(.contentTooLarge("the body is larger than \(maximum) bytes")))
    }

    private func reply(to request: consuming Request, by handler: Admittance.Handler) async -> Reply {
        input.keep()
        runsService = true
        defer { runsService = false }
        // A client that closed its side with the request is as gone as one that does so later.
        if socket.peerHasHungUp { task?.cancel() }
        return await handler(request)
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
        return Answer(response: response, form: AnswerForm(for: received.head), then: next)
    }

    /// The client closed its sending side or reset the connection. Whatever works for it is
    /// cancelled; waiting reads find out by themselves.
    private func hangUp() {
        if runsService { task?.cancel() }
        pending?.response.cancel()
    }

    /// Lets other connections run after a row of requests that may all have been there already.
    private func takeTurns() async throws(Ending) {
        turn += 1
        guard turn % loop.limits.requestsPerTurn == 0 else { return }
        input.keep()
        await Task.yield()
    }
}
