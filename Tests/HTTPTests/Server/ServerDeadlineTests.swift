import Reactor
import Testing

@testable import HTTP

/// Slow and silent clients, and those who stop reading.
@Suite("Server deadlines", .timeLimit(.minutes(10))) struct ServerDeadlineTests {
    private static let timeout =
        "HTTP/1.1 408 Request Timeout\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    @Test("a head that is not complete in time is answered 408")
    func slowHead() async throws {
        try await TestServer.run(TestService.echo, { $0.headTimeout = .milliseconds(50) }) { loop, test in
            try await test.expect("GET / HTTP/1.1\r\nHost: h\r\n", gives: ServerDeadlineTests.timeout)
        }
    }

    @Test("the head's time runs from its first byte, whatever comes in between")
    func slowLoris() async throws {
        try await TestServer.run(TestService.echo, { $0.headTimeout = .milliseconds(300) }) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("GET / HTTP/1.1\r\n")
            let reactor = loop.reactor
            let start = Deadline.now
            // The client would go on for minutes; the answer comes long before.
            while !client.socket.peerHasHungUp, Deadline.now.nanoseconds(since: start) < 100_000_000_000 {
                try? await client.send("X: y\r\n")
                try await reactor.sleep(until: .after(.milliseconds(20)))
            }
            #expect(Deadline.now.nanoseconds(since: start) < 50_000_000_000)
            let answer = try await client.readToEnd()
            #expect(answer == ServerDeadlineTests.timeout)
        }
    }

    @Test("a body with a long silence in it is answered 408", arguments: [
        "Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ])
    func silentBody(end: String) async throws {
        try await TestServer.run(TestService.echo, { $0.bodyIdleTimeout = .milliseconds(50) }) { loop, test in
            try await test.expect("POST / HTTP/1.1\r\nHost: h\r\n\(end)", gives: ServerDeadlineTests.timeout)
        }
    }

    @Test("a body that never falls silent but takes too long is answered 408")
    func tricklingBody() async throws {
        try await TestServer.run(TestService.echo, { $0.bodyGrace = .milliseconds(100) }) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            let start = Deadline.now
            while !client.socket.peerHasHungUp, Deadline.now.nanoseconds(since: start) < 100_000_000_000 {
                try? await client.send("x")
                try await loop.reactor.sleep(until: .after(.milliseconds(20)))
            }
            #expect(Deadline.now.nanoseconds(since: start) < 50_000_000_000)
            let answer = try await client.readToEnd()
            #expect(answer == ServerDeadlineTests.timeout)
        }
    }

    @Test("an idle connection is closed without a word, before its first request and between two")
    func idle() async throws {
        try await TestServer.run(TestService.echo, { $0.idleTimeout = .milliseconds(50) }) { loop, test in
            try await test.expect("", gives: "")
            try await test.expect(
                "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /a ")
        }
    }

    @Test("a client that takes nothing of a large answer is cut off")
    func stalledReader() async throws {
        let large = Array(repeating: [UInt8](repeating: 0x78, count: 1 << 20)[...], count: 32)
        let begun = Gate()
        let service = TestService { _ in
            begun.open()
            return Response(status: 200, body: .segments(large))
        }
        try await TestServer.run(service, { $0.writeStall = .milliseconds(100) }) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.pass()
            let start = Deadline.now
            while await test.server.connectionCount > 0 {
                guard Deadline.now.nanoseconds(since: start) < 100_000_000_000 else {
                    Issue.record("the connection is still there")
                    break
                }
                try await loop.reactor.sleep(until: .after(.milliseconds(10)))
            }
            client.socket.close()
        }
    }

    @Test("a client that reads slowly gets all of it, without a second copy in the server")
    func slowReader() async throws {
        let segment = [UInt8](repeating: 0x78, count: 1 << 20)[...]
        let service = TestService { _ in Response(status: 200, body: .segments(Array(repeating: segment, count: 16))) }
        try await TestServer.run(service) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            var count = 0
            while true {
                let piece = try await client.readSome()
                if piece.isEmpty { break }
                count += piece.count
                await Task.yield()
            }
            #expect(count > 16 << 20 && count < 16 << 20 + 200)
        }
    }
}
