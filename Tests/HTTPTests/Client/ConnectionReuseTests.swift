import Reactor
import Testing

@testable import HTTP

@Suite("Client: connections kept") struct ConnectionReuseTests {
    /// Answers every request with its own target until the client closes.
    private let echo: ScriptedPeer.Script = { peer in
        while let head = try? peer.readHead() {
            try peer.answer(String(head.split(separator: " ")[1]))
        }
    }

    private let one: ScriptedPeer.Script = { peer in
        try peer.readHead()
        try peer.answer("fresh")
        try peer.expectEnd()
    }

    @Test("requests one after the other share one connection")
    func sequence() async throws {
        try await ClientLoop.with(peer: [echo]) { (loop, peer) async throws in
            for index in 0..<20 {
                #expect(try await loop.send(.get("/\(index)", from: peer)).text == "/\(index)")
            }
            #expect(try await loop.counts(.get(from: peer)) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("the connection used last is used first")
    func lastInFirstOut() async throws {
        let arrived = Signal()
        let slowMayAnswer = Signal()
        let slow: ScriptedPeer.Script = { peer in
            try peer.readHead()
            arrived.fire()
            try slowMayAnswer.waitBlocking()
            try peer.answer("slow")
            try peer.readHead()
            try peer.answer("slow again")
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [slow, one]) { (loop, peer) async throws in
            let first = loop.begin(.get(from: peer))
            await arrived.wait()
            try await loop.send(.get(from: peer))
            slowMayAnswer.fire()
            #expect(try await first.value.get().text == "slow")
            #expect(try await loop.counts(.get(from: peer)).idle == 2)
            #expect(try await loop.send(.get(from: peer)).text == "slow again")
        }
    }

    @Test("a connection that the server closes while idle is dropped at once", .timeLimit(.minutes(10)))
    func hangUp() async throws {
        var limits = ClientLimits()
        limits.idleTimeout = .seconds(3600)
        let mayClose = Signal()
        let closing: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer()
            try mayClose.waitBlocking()
        }
        try await ClientLoop.with(limits: limits, peer: [closing]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            #expect(try await loop.counts(.get(from: peer)).open == 1)
            mayClose.fire()
            while try await loop.counts(.get(from: peer)).open > 0 { await Task.yield() }
            #expect(try await loop.counts(.get(from: peer)) == ConnectionCounts(open: 0, idle: 0, waiting: 0))
        }
    }

    @Test("a byte that nobody asked for spoils an idle connection")
    func unsolicited() async throws {
        let sent = Signal()
        let talkative: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer()
            try peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
            sent.fire()
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [talkative, one]) { (loop, peer) async throws in
            try await loop.send(.get(from: peer))
            await sent.wait()
            #expect(try await loop.send(.get(from: peer)).text == "fresh")
        }
    }

    @Test("an idle connection is closed when its time is over", .timeLimit(.minutes(10)))
    func idleTimeout() async throws {
        var limits = ClientLimits()
        limits.idleTimeout = .milliseconds(30)
        let ended = Signal()
        let script: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer()
            try peer.expectEnd()
            ended.fire()
        }
        try await ClientLoop.with(limits: limits, peer: [script, script]) { (loop, peer) async throws in
            // Twice: what watches over idle connections ends with the last of them.
            for _ in 0..<2 {
                try await loop.send(.get(from: peer))
                await ended.wait()
                #expect(try await loop.counts(.get(from: peer)).open == 0)
            }
        }
    }

    @Test("a body that is given up closes its connection and nobody else's", .timeLimit(.minutes(10)))
    func unread() async throws {
        let script: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [script, script, one]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            try await loop.run { (loop) async throws in
                let incoming = try await loop.client.open(request, timeouts: .test)
                #expect(try await incoming.next() == Array("hello".utf8))
                incoming.close()
                incoming.close()
                #expect(loop.client.connections(to: request.url.origin).open == 0)
                #expect(try await incoming.next() == nil)
            }
            // The same for one that is forgotten.
            try await loop.run { (loop) async throws in
                _ = try await loop.client.open(request, timeouts: .test)
            }
            while try await loop.counts(request).open > 0 { await Task.yield() }
            #expect(try await loop.send(request).text == "fresh")
        }
    }

    @Test("closing the client closes what is idle, and what is in use after its answer")
    func closing() async throws {
        let arrived = Signal()
        let mayAnswer = Signal()
        let busy: ScriptedPeer.Script = { peer in
            try peer.readHead()
            arrived.fire()
            try mayAnswer.waitBlocking()
            try peer.answer()
            try peer.expectEnd()
        }
        try await ClientLoop.with(peer: [busy, one]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let running = loop.begin(request)
            await arrived.wait()
            try await loop.send(request)
            try await loop.run { $0.client.close() }
            #expect(try await loop.counts(request) == ConnectionCounts(open: 1, idle: 0, waiting: 0))
            mayAnswer.fire()
            #expect(try await running.value.get().text == "ok")
            #expect(try await loop.counts(request).open == 0)
        }
    }

    @Test("a client that is let go of closes what it has kept")
    func forgotten() async throws {
        let ended = Signal()
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.answer()
            try peer.expectEnd()
            ended.fire()
        }]) { (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            try await loop.run { (loop) async throws in
                let client = Client(on: loop.reactor, resolver: Resolver(), tls: loop.tls)
                _ = try await client.send(request, timeouts: .test, maximumBodyBytes: 100)
                #expect(client.connections(to: request.url.origin).idle == 1)
            }
            await ended.wait()
        }
    }
}
