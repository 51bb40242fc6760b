import Testing

@testable import HTTP
import Reactor

@Suite("Client: what is sent twice and what is not") struct RepetitionTests {
    /// Serves one request, waits for the second and then does `fate` to it.
    private func served(_ fate: @escaping ScriptedPeer.Script) -> ScriptedPeer.Script {
        { peer in
            try peer.readHead()
            try peer.answer("first")
            try peer.readHead()
            try fate(peer)
        }
    }

    private let second: ScriptedPeer.Script = { peer in
        try peer.readRequest()
        try peer.answer("second")
        try peer.expectEnd()
    }

    @Test("a GET into a stale connection is sent again on a fresh one", arguments: [true, false])
    func staleGet(withReset: Bool) async throws {
        let stale = served { withReset ? $0.reset() : $0.close() }
        try await ClientLoop.with(peer: [stale, second]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            #expect(try await loop.send(request).text == "first")
            #expect(try await loop.send(request).text == "second")
            #expect(try await loop.counts(request) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("a PUT as well: doing it twice is doing it once")
    func stalePut() async throws {
        try await ClientLoop.with(peer: [served { $0.close() }, second]) { (loop, peer) async throws in
            var request = ClientRequest.get(from: peer)
            try await loop.send(request)
            request.method = .put
            #expect(try await loop.send(request).text == "second")
        }
    }

    @Test("a POST into a stale connection is not: the server may have acted", arguments: [true, false])
    func stalePost(withReset: Bool) async throws {
        try await ClientLoop.with(peer: [served { withReset ? $0.reset() : $0.close() }]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            let request = ClientRequest.post(to: peer)
            let error = try await loop.failure(request)
            #expect(error?.stage == .head)
            #expect(error?.serverMayHaveActed == true)
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("a connection that closed while idle is not used, not even for a POST")
    func closedWhileIdle() async throws {
        let mayClose = Signal()
        let closed = Signal()
        let first: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer("first")
            try mayClose.waitBlocking()
            peer.close()
            closed.fire()
        }
        try await ClientLoop.with(peer: [first, second]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            let request = ClientRequest.post(to: peer)
            #expect(try await loop.send(request, withinTheTurnOf: mayClose, closed) == "second")
        }
    }

    @Test("a GET may go into one that has been closed since the loop last turned; it is sent again then", arguments: [true, false])
    func closedSinceLastTurn(withReset: Bool) async throws {
        let mayClose = Signal()
        let closed = Signal()
        let first: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer("first")
            try mayClose.waitBlocking()
            if withReset { peer.reset() } else { peer.close() }
            closed.fire()
        }
        try await ClientLoop.with(peer: [first, second]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            try await loop.send(request)
            #expect(try await loop.send(request, withinTheTurnOf: mayClose, closed) == "second")
            #expect(try await loop.counts(request) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("only for what must not be sent twice is the kernel asked whether a kept connection still stands", arguments: [true, false])
    func asked(isRepeatable: Bool) async throws {
        let mayEnd = Signal()
        let ended = Signal()
        // Its own side is closed, and it reads on: what is sent all the same is seen.
        let half: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer("first")
            try mayEnd.waitBlocking()
            peer.finishSending()
            ended.fire()
            if isRepeatable { try peer.readHead() }
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [half, second]) { (loop, peer) async throws in
            let request = isRepeatable ? ClientRequest.get(from: peer) : .post(to: peer)
            try await loop.send(.get(from: peer))
            #expect(try await loop.send(request, withinTheTurnOf: mayEnd, ended) == "second")
        }
    }

    @Test("once a byte of the answer has come nothing is sent again", arguments: ["H", "HTTP/1.1 200 OK\r\nContent-Le"])
    func begun(bytes: String) async throws {
        try await ClientLoop.with(peer: [served { try $0.send(bytes) }]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            let error = try await loop.failure(.get(from: peer))
            #expect(error == .after(.head, .endedEarly))
        }
    }

    @Test("a fresh connection that fails is not tried again")
    func fresh() async throws {
        try await ClientLoop.with(peer: [{ try $0.readHead() }]) { (loop, peer) async throws in
            #expect(try await loop.failure(.get(from: peer)) == .after(.head, .endedEarly))
        }
    }

    @Test("another kept connection is not tried instead of a fresh one")
    func freshConnection() async throws {
        let arrived = Signal()
        let mayAnswer = Signal()
        let stale: ScriptedPeer.Script = { peer in
            try peer.readHead()
            arrived.fire()
            try mayAnswer.waitBlocking()
            try peer.answer()
            try peer.readHead()
        }
        let unused: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer()
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [stale, unused, second]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let first = loop.begin(request)
            await arrived.wait()
            try await loop.send(request)
            mayAnswer.fire()
            _ = try await first.value.get()
            #expect(try await loop.counts(request).idle == 2)
            #expect(try await loop.send(request).text == "second")
            #expect(try await loop.counts(request).open == 2)
        }
    }

    @Test("an error after a repetition tells of the first attempt as well")
    func repetitionFails() async throws {
        let stopped = Signal()
        let stale = served { peer in
            try stopped.waitBlocking()
            peer.reset()
        }
        try await ClientLoop.with(peer: [stale]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            peer.stopListening()
            stopped.fire()
            let request = ClientRequest.get(from: peer)
            let error = try await loop.failure(request)
            #expect(error == .after(.connect, .io(.refused)))
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("the rule, for every method and every way to fail")
    func rule() {
        let methods: [HTTP.Method] = [.get, .head, .put, .delete, .options, .post, .patch, .other("X")]
        let lost: [ClientError.Cause] = [
            .endedEarly, .io(.closed), .io(.tls("unexpected eof")), .io(.system(operation: "recv", errno: 5)),
        ]
        let other: [ClientError.Cause] = [
            .io(.timedOut), .io(.cancelled), .malformed(ProtocolError(status: 400, reason: "")), .encoded("gzip"),
            .bodyTooLarge(limit: 1), .tooManyWaiting(limit: 1),
        ]
        for method in methods {
            for mayHaveActed in [true, false] {
                for isReused in [true, false] {
                    for answerHasBegun in [true, false] {
                        func mayRepeat(_ cause: ClientError.Cause) -> Bool {
                            let error = ClientError(.send, cause, serverMayHaveActed: mayHaveActed)
                            return Exchange.mayRepeat(method, after: error, reused: isReused, answered: answerHasBegun)
                        }
                        let isAllowed = isReused && !answerHasBegun && (method.isIdempotent || !mayHaveActed)
                        for cause in lost { #expect(mayRepeat(cause) == isAllowed, "\(method) \(cause)") }
                        for cause in other { #expect(!mayRepeat(cause), "\(method) \(cause)") }
                    }
                }
            }
        }
    }
}

extension ClientLoop {
    /// Lets the peer do what it waits for, and sends `request` when that is done.
    ///
    /// The loop does not turn between the two: no event tells of it, and the connection is still kept.
    fileprivate nonisolated func send(
        _ request: ClientRequest, withinTheTurnOf mayAct: Signal, _ hasActed: Signal
    ) async throws -> String {
        try await run { (loop) async throws in
            mayAct.fire()
            try hasActed.waitBlocking()
            #expect(loop.client.connections(to: request.url.origin).idle == 1)
            return try await loop.client.send(request, timeouts: .test, maximumBodyBytes: 100).text
        }
    }
}
