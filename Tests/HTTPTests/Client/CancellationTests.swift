import Testing

@testable import HTTP
import Reactor

@Suite("Client: cancellation") struct CancellationTests {
    /// Cancels a request at the moment that `script` signals, and checks that its connection ends.
    private func cancel(
        _ request: (ScriptedPeer) -> ClientRequest, _ script: @escaping @Sendable (PeerConnection, Signal) throws -> Void
    ) async throws -> ClientError? {
        let reached = Signal()
        let cancelled = Signal()
        let ended = Signal()
        var error: ClientError?
        let whole: ScriptedPeer.Script = { peer in
            try script(peer, reached)
            try cancelled.waitBlocking()
            _ = try peer.readToEnd()
            ended.fire()
        }
        try await ClientLoop.with(peer: [whole]) { (loop, peer) async throws in
            let task = loop.begin(request(peer))
            await reached.wait()
            task.cancel()
            guard case .failure(let failure) = try await task.value else {
                Issue.record("got an answer")
                return
            }
            error = failure
            cancelled.fire()
            await ended.wait()
            #expect(try await loop.counts(request(peer)).open == 0)
        }
        return error
    }

    @Test("in the handshake: nothing was sent")
    func handshake() async throws {
        let error = try await cancel({ ClientRequest(.post, URL("https://127.0.0.1:\($0.port)/")!) }) { peer, reached in
            _ = try peer.read(1)
            reached.fire()
        }
        #expect(error == .before(.tls, .io(.cancelled)))
    }

    @Test("while the request is sent: some was")
    func send() async throws {
        let error = try await cancel({ .largePost(to: $0) }) { peer, reached in
            _ = try peer.read(1)
            reached.fire()
        }
        #expect(error == .after(.send, .io(.cancelled)))
    }

    @Test("while the answer is waited for")
    func head() async throws {
        let error = try await cancel({ .post(to: $0) }) { peer, reached in
            try peer.readRequest()
            reached.fire()
        }
        #expect(error == .after(.head, .io(.cancelled)))
    }

    @Test("inside the body")
    func body() async throws {
        let error = try await cancel({ .post(to: $0) }) { peer, reached in
            try peer.readRequest()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            reached.fire()
        }
        #expect(error?.isCancellation == true)
        #expect(error?.serverMayHaveActed == true)
    }

    @Test("inside a body that comes without a pause")
    func endlessBody() async throws {
        let sent = Signal()
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send("HTTP/1.1 200 OK\r\n\r\n")
            try peer.send([UInt8](repeating: 120, count: 400_000))
            sent.fire()
            _ = try peer.readToEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let error = try await loop.run { (loop) async throws -> ClientError? in
                let incoming = try await loop.client.open(request, timeouts: .test)
                await sent.wait()
                _ = try await incoming.next()
                withUnsafeCurrentTask { $0?.cancel() }
                return await #expect(throws: ClientError.self) { try await incoming.next() }
            }
            #expect(error == .after(.body, .io(.cancelled), status: 200))
        }
    }
}
