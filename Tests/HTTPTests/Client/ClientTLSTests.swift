import Testing

@testable import HTTP
@testable import Reactor

@Suite("Client: TLS") struct ClientTLSTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func request(_ peer: TLSPeer, _ host: String = "localhost") -> ClientRequest {
        ClientRequest(.get, URL("https://\(host):\(peer.port)/")!)
    }

    private func with(
        _ answers: [TLSPeer.Answer], trusting authority: KeyPath<Certificates, String> = \.authority,
        _ body: (ClientLoop, TLSPeer) async throws -> Void
    ) async throws {
        let peer = try TLSPeer(answers)
        try await ClientLoop.with(authority: Certificates.shared.get()[keyPath: authority]) { loop in
            try await body(loop, peer)
        }
    }

    @Test("a server that is who it should be is spoken to, over one connection")
    func trusted() async throws {
        try await with([.keep(Self.ok), .keep(Self.ok)]) { (loop, peer) async throws in
            #expect(try await loop.send(request(peer)).text == "ok")
            #expect(try await loop.send(request(peer)).text == "ok")
            #expect(await peer.handshakes == 1)
            #expect(try await loop.counts(request(peer)) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("a certificate for another name is refused before anything is sent")
    func wrongName() async throws {
        try await with([.keep(Self.ok)]) { (loop, peer) async throws in
            let error = try await loop.failure(request(peer, "127.0.0.1"))
            #expect(error?.stage == .tls)
            #expect(error?.serverMayHaveActed == false)
            #expect(error?.description.contains("mismatch") == true)
        }
    }

    @Test("an unknown authority is refused before anything is sent")
    func unknownAuthority() async throws {
        try await with([.keep(Self.ok)], trusting: \.stranger) { (loop, peer) async throws in
            let error = try await loop.failure(request(peer))
            #expect(error == .before(.tls, .io(.tls("unable to get local issuer certificate"))))
        }
    }

    @Test("the next connection resumes the session of the last")
    func resumption() async throws {
        let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        try await with([.close(closing), .close(closing)]) { (loop, peer) async throws in
            try await loop.send(request(peer))
            #expect(try await loop.run { $0.tls.sessions.resumptions } == 0)
            try await loop.send(request(peer))
            #expect(try await loop.run { $0.tls.sessions.resumptions } == 1)
        }
    }

    @Test("a body until the end of the connection is whole only with TLS's notice of the end")
    func truncation() async throws {
        let open = "HTTP/1.1 200 OK\r\n\r\nhello"
        try await with([.close(open), .cut(open)]) { (loop, peer) async throws in
            #expect(try await loop.send(request(peer)).text == "hello")
            let error = try await loop.failure(request(peer))
            #expect(error?.stage == .body)
            #expect(error?.serverMayHaveActed == true)
            #expect(error?.status == 200)
        }
    }

    @Test("a kept connection that was closed, with or without notice, does not harm the next GET", arguments: [true, false])
    func stale(isCut: Bool) async throws {
        try await with([isCut ? .cut(Self.ok) : .close(Self.ok), .keep(Self.ok)]) { (loop, peer) async throws in
            #expect(try await loop.send(request(peer)).text == "ok")
            #expect(try await loop.send(request(peer)).text == "ok")
        }
    }
}

@Suite("Client: connecting") struct ConnectorTests {
    private func connect(
        _ loop: isolated ClientLoop, to addresses: [SocketAddress], within time: Duration
    ) async throws {
        let connector = Connector(
            reactor: loop.reactor, resolver: Resolver(), tls: loop.tls, maximumAddresses: 8, mayConnect: { _, _ in true })
        let origin = Origin(scheme: .http, host: "test", port: 80)
        let socket = try await connector.connect(to: origin, at: addresses, until: .after(time))
        socket.close()
    }

    @Test("addresses are tried in order until one answers")
    func order() async throws {
        let closed = try ScriptedPeer([])
        _ = await closed.finish()
        try await ClientLoop.with(peer: [{ try $0.expectEnd() }]) { (loop, peer) async throws in
            try await loop.run { (loop) async throws in
                let addresses = [closed.port, peer.port].map { SocketAddress(ip: "127.0.0.1", port: $0)! }
                try await connect(loop, to: [SocketAddress(ip: "::1", port: closed.port)!] + addresses, within: .seconds(30))
            }
        }
    }

    @Test("an address that swallows packets leaves time for the next")
    func share() async throws {
        // A full backlog: the kernel drops further attempts without an answer.
        let deaf = try ScriptedPeer(backlog: 0, accepting: false)
        try await ClientLoop.with(peer: [{ try $0.expectEnd() }]) { (loop, peer) async throws in
            try await loop.run { (loop) async throws in
                let address = SocketAddress(ip: "127.0.0.1", port: deaf.port)!
                var fillers: [Socket] = []
                defer { for socket in fillers { socket.close() } }
                while let socket = try? await Socket.connect(to: address, on: loop.reactor, until: .after(.milliseconds(200))) {
                    fillers.append(socket)
                }
                let good = SocketAddress(ip: "127.0.0.1", port: peer.port)!
                try await connect(loop, to: [address, good], within: .seconds(1))
                let error = await #expect(throws: ClientError.self) {
                    try await connect(loop, to: [address], within: .milliseconds(50))
                }
                #expect(error == .before(.connect, .io(.timedOut)))
            }
        }
        #expect(await deaf.finish() == [])
    }

    @Test("the last failure is told when no address answers")
    func allFail() async throws {
        let closed = try ScriptedPeer([])
        _ = await closed.finish()
        try await ClientLoop.with { loop in
            try await loop.run { (loop) async throws in
                let addresses = ["::1", "127.0.0.1"].map { SocketAddress(ip: $0, port: closed.port)! }
                let error = await #expect(throws: ClientError.self) {
                    try await connect(loop, to: addresses, within: .seconds(30))
                }
                #expect(error == .before(.connect, .io(.refused)))
            }
        }
    }
}
