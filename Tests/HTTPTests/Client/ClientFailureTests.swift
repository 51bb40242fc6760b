import Testing

@testable import HTTP
import Reactor

@Suite("Client: what goes wrong, and whether the server may have acted") struct ClientFailureTests {
    /// Where nothing but the thing that must time out happens within it.
    private static let soon = Duration.milliseconds(50)

    private func timeouts(_ change: (inout ClientTimeouts) -> Void) -> ClientTimeouts {
        var timeouts = ClientTimeouts.test
        change(&timeouts)
        return timeouts
    }

    // MARK: Before the request

    @Test("nobody listens: nothing was sent")
    func refused() async throws {
        try await ClientLoop.with(peer: []) { (loop, peer) async throws in
            peer.stopListening()
            #expect(try await loop.failure(.post(to: peer)) == .before(.connect, .io(.refused)))
        }
    }

    @Test("a name without an address: nothing was sent")
    func unresolvable() async throws {
        try await ClientLoop.with { loop in
            let error = try await loop.failure(ClientRequest(.post, URL("http://nowhere.invalid/")!))
            #expect(error?.stage == .resolve)
            #expect(error?.serverMayHaveActed == false)
            guard case .io(.unresolvable(host: "nowhere.invalid", _)) = error?.cause else {
                Issue.record("got \(String(describing: error))")
                return
            }
        }
    }

    @Test("an address that the caller does not allow is not connected to")
    func refusedAddress() async throws {
        let peer = try ScriptedPeer([])
        try await ClientLoop.with(mayConnect: { address, origin in !address.isLoopback || origin.host != "127.0.0.1" }) { loop in
            let error = try await loop.failure(.post(to: peer))
            let address = SocketAddress(ip: "127.0.0.1", port: peer.port)!
            #expect(error == .before(.connect, .addressRefused(address)))
        }
        #expect(await peer.finish() == [])
    }

    @Test("a handshake that does not go on ends at the deadline for connecting")
    func silentHandshake() async throws {
        try await ClientLoop.with(peer: [{ _ = try $0.readToEnd() }]) { (loop, peer) async throws in
            let request = ClientRequest(.post, URL("https://127.0.0.1:\(peer.port)/")!)
            let error = try await loop.failure(request, timeouts { $0.connect = .milliseconds(500) })
            #expect(error == .before(.tls, .io(.timedOut)))
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("a server that does not speak TLS, or not any more", arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", ""])
    func brokenHandshake(answer: String) async throws {
        let script: ScriptedPeer.Script = { peer in
            _ = try peer.read(1)
            try peer.send(answer)
        }
        try await ClientLoop.with(peer: [script]) { (loop, peer) async throws in
            let error = try await loop.failure(ClientRequest(.post, URL("https://127.0.0.1:\(peer.port)/")!))
            #expect(error?.stage == .tls)
            #expect(error?.serverMayHaveActed == false)
        }
    }

    @Test("a whole that is over before it begins sends nothing")
    func lateStart() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.answer()
            try peer.readHead()
            try peer.answer()
        }]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            let error = try await loop.failure(.get(from: peer), timeouts { $0.whole = .now })
            #expect(error == .before(.send, .io(.timedOut)))
            // The connection was not used, so it is as good as before.
            #expect(try await loop.send(.get(from: peer)).text == "ok")
        }
    }

    // MARK: While it is sent

    @Test("a server that takes nothing: some was sent", arguments: [true, false])
    func stalledSend(isWhole: Bool) async throws {
        let over = Signal()
        try await ClientLoop.with(peer: [{ _ in try over.waitBlocking() }]) { (loop, peer) async throws in
            let request = ClientRequest.largePost(to: peer)
            let limits = timeouts { if isWhole { $0.whole = .after(.seconds(1)) } else { $0.idle = Self.soon } }
            let start = Deadline.now
            #expect(try await loop.failure(request, limits) == .after(.send, .io(.timedOut)))
            // Not at the other bound, which is 300 s.
            #expect(Deadline.now.nanoseconds(since: start) < 200_000_000_000)
            #expect(try await loop.counts(request).open == 0)
            over.fire()
        }
    }

    @Test("a connection reset under a large body: some was sent")
    func resetSend() async throws {
        try await ClientLoop.with(peer: [{ peer in
            _ = try peer.read(100_000)
            peer.reset()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.largePost(to: peer)
            let error = try await loop.failure(request)
            #expect(error?.cause == .io(.closed))
            #expect(error?.serverMayHaveActed == true)
        }
    }

    @Test("an answer before the end of a large body is taken for what it is", arguments: [true, false])
    func earlyAnswer(closes: Bool) async throws {
        try await ClientLoop.with(peer: [{ peer in
            _ = try peer.read(100_000)
            try peer.answer("no", status: "413 Content Too Large")
            if !closes { _ = try peer.readToEnd() }
        }]) { (loop, peer) async throws in
            let request = ClientRequest.largePost(to: peer)
            let response = try await loop.send(request)
            #expect(response.status == 413)
            #expect(response.text == "no")
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("an interim answer is no reason to stop sending")
    func interimAnswer() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <")
            _ = try peer.read(16_000_000)
            try peer.send("/x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.largePost(to: peer)
            #expect(try await loop.send(request).text == "ok")
            #expect(try await loop.counts(request).idle == 1)
        }
    }

    // MARK: Before the answer's head is complete

    @Test("an answer that does not come, or not to the end of its head", arguments: ["", "HTTP/1.1 200 OK\r\nX: "])
    func silentHead(begin: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send(begin)
            _ = try peer.readToEnd()
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.post(to: peer), timeouts { $0.head = Self.soon })
            #expect(error == .after(.head, .io(.timedOut)))
        }
    }

    @Test("the deadline for the head is that of all interim answers and of every slow byte")
    func slowHead() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: ")
            while (try? peer.send("x")) != nil {}
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.get(from: peer), timeouts { $0.head = Self.soon })
            // Whichever comes first: the deadline, or the bound of the head.
            #expect(error?.stage == .head)
        }
    }

    @Test("a connection that ends before the head does", arguments: ["", "HTTP/1.1 200 OK\r\nX: "])
    func endedHead(begin: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(begin)
        }]) { (loop, peer) async throws in
            #expect(try await loop.failure(.post(to: peer)) == .after(.head, .endedEarly))
        }
    }

    @Test("a connection that is reset before the head")
    func resetHead() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            peer.reset()
        }]) { (loop, peer) async throws in
            #expect(try await loop.failure(.post(to: peer)) == .after(.head, .io(.closed)))
        }
    }

    @Test("an answer that is no HTTP, or whose end is in doubt", arguments: [
        "SSH-2.0-OpenSSH\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 33_000) + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 101) + "\r\n",
        String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 9),
    ])
    func malformedHead(answer: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(answer)
            try? peer.expectEnd()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.post(to: peer)
            let error = try await loop.failure(request)
            #expect(error?.stage == .head)
            #expect(error?.serverMayHaveActed == true)
            guard case .malformed = error?.cause else {
                Issue.record("got \(String(describing: error))")
                return
            }
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("an encoded body was not asked for", arguments: ["gzip", "identity, br", "x"])
    func encoded(coding: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: 1\r\n\r\nx")
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            #expect(try await loop.failure(.post(to: peer)) == .after(.head, .encoded(coding), status: 200))
        }
    }

    // MARK: Inside the body

    private static let length = "HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\nhello"
    private static let chunked = "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello"

    @Test("a body cut off by the end of the connection is an error", arguments: [
        length, chunked, "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "HTTP/1.1 500 X\r\nContent-Length: 1\r\n\r\n",
    ])
    func cut(answer: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(answer)
        }]) { (loop, peer) async throws in
            let request = ClientRequest.post(to: peer)
            #expect(try await loop.failure(request) == .after(.body, .endedEarly, status: 500))
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("a body cut off by a reset is an error", arguments: [length, chunked, "HTTP/1.1 500 X\r\n\r\nhello"])
    func resetBody(answer: String) async throws {
        let begun = Signal()
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(answer)
            try begun.waitBlocking()
            peer.reset()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.post(to: peer)
            let error = try await loop.run { (loop) async throws -> ClientError? in
                let incoming = try await loop.client.open(request, timeouts: .test)
                #expect(try await incoming.next() == Array("hello".utf8))
                begun.fire()
                return await #expect(throws: ClientError.self) { try await incoming.next() }
            }
            #expect(error == .after(.body, .io(.closed), status: 500))
        }
    }

    @Test("a body that falls silent is an error", arguments: [length, chunked, "HTTP/1.1 500 X\r\n\r\nhello"])
    func silentBody(answer: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(answer)
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.post(to: peer), timeouts { $0.idle = Self.soon })
            #expect(error == .after(.body, .io(.timedOut), status: 500))
        }
    }

    @Test("a body that never ends is over with the whole")
    func endlessBody() async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send("HTTP/1.1 200 OK\r\n\r\n")
            while (try? peer.send("x")) != nil {}
        }]) { (loop, peer) async throws in
            let limits = timeouts { $0.whole = .after(.seconds(1)) }
            let error = try await loop.failure(.post(to: peer), limits, maximumBodyBytes: .max)
            #expect(error == .after(.body, .io(.timedOut), status: 200))
        }
    }

    @Test("chunks that are none are an error", arguments: ["x\r\n", "5\nhello", "5\r\nhello!\r\n", "-1\r\n", "fffffffffffffffff\r\n"])
    func malformedBody(chunks: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.post(to: peer))
            #expect(error?.stage == .body)
            #expect(error?.status == 200)
            guard case .malformed = error?.cause else {
                Issue.record("got \(String(describing: error))")
                return
            }
        }
    }

    @Test("a body over its bound is an error as soon as that is known", arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n",
        "HTTP/1.1 200 OK\r\n\r\n0123456789a",
    ])
    func oversized(answer: String) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readRequest()
            try peer.send(answer)
            try peer.expectEnd()
        }]) { (loop, peer) async throws in
            let error = try await loop.failure(.post(to: peer), maximumBodyBytes: 10)
            #expect(error == .after(.limit, .bodyTooLarge(limit: 10), status: 200))
        }
    }
}
