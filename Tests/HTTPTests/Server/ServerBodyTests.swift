import Reactor
import Testing

@testable import HTTP

/// The three kinds of response bodies on the wire.
@Suite("Server bodies", .timeLimit(.minutes(10))) struct ServerBodyTests {
    private static func service(_ body: Response.Body) -> TestService {
        TestService { _ in Response(status: 200, fields: ["Date": "now"], body: body) }
    }

    @Test("bytes of every size arrive as they are", arguments: [0, 1, 16_000, 16_384, 100_000, 5_000_000])
    func bytes(count: Int) async throws {
        let body = [UInt8](repeating: 0x61, count: count)
        try await TestServer.run(ServerBodyTests.service(.bytes(body))) { loop, test in
            try await test.expect(
                "GET / HTTP/1.0\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: \(count)\r\nConnection: close\r\n\r\n"
                    + String(repeating: "a", count: count))
        }
    }

    @Test("segments, long and short, arrive in order and the connection stays in step")
    func segments() async throws {
        let counts = [0, 3, 20_000, 1, 0, 16_384, 16_383, 1, 300_000, 5]
        let segments = counts.enumerated().map { [UInt8](repeating: 0x61 + UInt8($0.offset), count: $0.element)[...] }
        let text = String(decoding: segments.joined(), as: UTF8.self)
        try await TestServer.run(ServerBodyTests.service(.segments(segments))) { loop, test in
            let answer = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: \(text.utf8.count)\r\n"
            try await test.expect(
                "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.0\r\n\r\n",
                gives: "\(answer)\r\n\(text)\(answer)Connection: close\r\n\r\n\(text)")
        }
    }

    @Test("a stream is chunked, each write a chunk, and the connection stays")
    func stream() async throws {
        let service = ServerBodyTests.service(
            .stream { writer in
                try await writer.write(Array("hello".utf8))
                try await writer.write([])
                try await writer.write([UInt8](repeating: 0x78, count: 20_000))
            })
        try await TestServer.run(service) { loop, test in
            let large = String(repeating: "x", count: 20_000)
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            for _ in 0..<2 {
                try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let answer = try await client.read(through: "0\r\n\r\n")
                #expect(
                    answer
                        == "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n4e20\r\n\(large)\r\n0\r\n\r\n")
            }
        }
    }

    @Test("an HTTP/1.0 client gets a stream up to the connection's end")
    func streamHTTP10() async throws {
        let service = ServerBodyTests.service(.stream { try await $0.write(Array("hello".utf8)) })
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\nhello")
        }
    }

    @Test("HEAD does not run a stream")
    func streamHead() async throws {
        let service = ServerBodyTests.service(.stream { _ in Issue.record("run for HEAD") })
        try await TestServer.run(service) { loop, test in
            let head = "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n"
            try await test.expect(
                "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                gives: "\(head)\r\n\(head)Connection: close\r\n\r\n")
        }
    }

    @Test("a stream that fails is cut without its last chunk")
    func streamFails() async throws {
        struct Failure: Error {}
        let service = ServerBodyTests.service(
            .stream { writer in
                try await writer.write(Array("hel".utf8))
                throw Failure()
            })
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n")
        }
    }

    @Test("a hang-up cancels a stream, and the pieces sent before were not held back")
    func streamHangUp() async throws {
        let ended = Gate()
        let service = ServerBodyTests.service(
            .stream { writer in
                try await writer.write(Array("first".utf8))
                #expect(await Gate().passOrCancel() == "cancelled")
                ended.open()
            })
        try await TestServer.run(service) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.read(through: "first\r\n").hasSuffix("\r\n\r\n5\r\nfirst\r\n"))
            client.socket.close()
            await ended.pass()
        }
    }
}
