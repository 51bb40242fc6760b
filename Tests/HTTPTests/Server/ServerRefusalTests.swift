import Reactor
import Testing

@testable import HTTP

/// What a server does with requests it does not take, and with their connections.
@Suite("Server refusals", .timeLimit(.minutes(10))) struct ServerRefusalTests {
    @Test("a bad head is answered and the connection closed", arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: br, chunked\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\n\r\n", 505),
        ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "X: y\r\n", count: 200))\r\n", 431),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
    ])
    func badHead(request: String, status: Int) async throws {
        try await TestServer.run { loop, test in
            let phrase = StatusReason.phrase(status)
            try await test.expect(
                request,
                gives: "HTTP/1.1 \(status) \(phrase)\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    @Test("requests before a bad one are answered, those behind it are not")
    func pipelinedError() async throws {
        try await TestServer.run { loop, test in
            try await test.expect(
                "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\n\r\n",
                gives: """
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /1 \
                    HTTP/1.1 400 Bad Request\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n
                    """)
        }
    }

    @Test("404 and 405 come from the service and keep the connection")
    func routing() async throws {
        var router = Router<String>()
        router.add(.get, "/v1/models", "models")
        let routes = router
        let service = TestService { request in
            switch routes.match(request.head.method, request.head.path) {
            case .handler(let name, _): .text(name)
            case .notFound: .text("", status: 404)
            case .methodNotAllowed(let allow): .text("", status: 405, ["Allow": allow.map(\.name).joined(separator: ", ")])
            }
        }
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                """
                    GET /nope HTTP/1.1\r\nHost: h\r\n\r\nDELETE /v1/models HTTP/1.1\r\nHost: h\r\n\r\n\
                    GET /v1/models HTTP/1.0\r\n\r\n
                    """,
                gives: """
                    HTTP/1.1 404 Not Found\r\nDate: now\r\nContent-Length: 0\r\n\r\n\
                    HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nDate: now\r\nContent-Length: 0\r\n\r\n\
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 6\r\nConnection: close\r\n\r\nmodels
                    """)
        }
    }

    @Test("a small body that is not wanted is read over and the connection kept")
    func smallBodyDrained() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
            #expect(
                try await client.read(through: "\r\n\r\n")
                    == "HTTP/1.1 413 Content Too Large\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
            try await client.send(String(repeating: "x", count: 1001) + "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.read(through: "GET /a ").hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("a client that sends 30 MB without looking still reads the refusal")
    func largeBodyLingers() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(30 * 1024 * 1024)\r\n\r\n")
            try await client.send([UInt8](repeating: 0x78, count: 30 * 1024 * 1024))
            #expect(
                try await client.readToEnd()
                    == "HTTP/1.1 413 Content Too Large\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    @Test("a chunked body over the limit is refused while it comes")
    func chunkedTooLarge() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<11 { try await client.send("64\r\n\(String(repeating: "x", count: 100))\r\n") }
            #expect(
                try await client.readToEnd()
                    == "HTTP/1.1 413 Content Too Large\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    @Test("the server's own body limit holds whatever the service admits")
    func serverBodyLimit() async throws {
        var service = TestService.echo
        service.maximumBodyBytes = .max
        try await TestServer.run(service, { $0.bodyBytes = 4 }) { loop, test in
            let answer = try await test.exchange("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nabcde")
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("a refused head is answered without 100 Continue, and closes when the body may or may not come")
    func refusedExpectation() async throws {
        var service = TestService.echo
        service.refuse = { _ in .text("who?", status: 401) }
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
                gives: "HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwho?")
        }
    }

    @Test("a refused head with a body keeps the connection where the body is small or absent")
    func refusedKeepsConnection() async throws {
        var service = TestService.echo
        service.maximumBodyBytes = 9
        service.refuse = { $0.path == "/no" ? .text("who?", status: 401) : nil }
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                """
                    POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
                    GET /no HTTP/1.1\r\nHost: h\r\n\r\n\
                    GET /ok HTTP/1.0\r\n\r\n
                    """,
                gives: """
                    HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Length: 4\r\n\r\nwho?\
                    HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Length: 4\r\n\r\nwho?\
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 8\r\nConnection: close\r\n\r\nGET /ok 
                    """)
        }
    }

    @Test("a refused chunked body closes the connection")
    func refusedChunked() async throws {
        var service = TestService.echo
        service.refuse = { _ in .text("who?", status: 401) }
        try await TestServer.run(service) { loop, test in
            try await test.expect(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
                gives: "HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwho?")
        }
    }

    @Test("a handler never sees a partial body")
    func partialBody() async throws {
        let service = TestService { _ in
            Issue.record("a handler was called with half a body")
            return .text("")
        }
        try await TestServer.run(service) { loop, test in
            for request in [
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n",
            ] {
                let client = try await RawClient.connect(to: test.address, on: loop.reactor)
                try await client.send(request)
                client.socket.shutdownWrite()
                #expect(try await client.readToEnd() == "")
            }
        }
    }
}
