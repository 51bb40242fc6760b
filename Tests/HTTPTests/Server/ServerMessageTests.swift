import Reactor
import Testing

@testable import HTTP

/// What goes in and out of a server's socket, byte for byte.
@Suite("Server messages", .timeLimit(.minutes(10))) struct ServerMessageTests {
    @Test("a connection is kept for the next request")
    func keepAlive() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            for _ in 0..<3 {
                try await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.read(through: "GET /a ") == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /a ")
            }
            try await client.send("GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(
                try await client.readToEnd()
                    == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /b ")
        }
    }

    @Test("requests sent ahead are answered in order")
    func pipelining() async throws {
        try await TestServer.run { loop, test in
            let answer = try await test.exchange(
                """
                GET /1 HTTP/1.1\r\nHost: h\r\n\r\n\
                POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\
                POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n\
                GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n
                """)
            #expect(
                answer == """
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /1 \
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 11\r\n\r\nPOST /2 abc\
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 11\r\n\r\nPOST /3 def\
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /4 
                    """)
        }
    }

    @Test("thousands of requests sent ahead are all answered")
    func longPipeline() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            let request = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"
            try await client.send(String(repeating: request, count: 5000) + "GET /end HTTP/1.0\r\n\r\n")
            let answer = try await client.readToEnd()
            #expect(answer.split(separator: "POST /p xy", omittingEmptySubsequences: false).count == 5001)
            #expect(answer.hasSuffix("GET /end "))
        }
    }

    @Test("a request that comes byte by byte is one request")
    func bytewise() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            for byte in "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 {
                try await client.send([byte])
            }
            let answer = try await client.read(through: "abc")
            #expect(answer == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 11\r\n\r\nPOST /x abc")
        }
    }

    @Test("HEAD gets the fields of GET and no body")
    func head() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.0\r\n\r\n")
            #expect(
                try await client.readToEnd() == """
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 8\r\n\r\n\
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /b 
                    """)
        }
    }

    @Test("HTTP/1.0 closes unless asked to stay")
    func http10() async throws {
        try await TestServer.run { loop, test in
            try await test.expect(
                "GET /a HTTP/1.0\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /a ")
            try await test.expect(
                "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
                gives: """
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nGET /a \
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /b 
                    """)
        }
    }

    @Test("the server writes framing and Connection itself, the rest is the service's")
    func serversFields() async throws {
        let service = TestService { _ in
            .text(
                "x", status: 201,
                [
                    "Content-Length": "99", "Transfer-Encoding": "gzip", "Connection": "x", "Keep-Alive": "y",
                    "X-Evil": "a\r\nInjected: b", "X-Id": "7",
                ])
        }
        try await TestServer.run(service) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(
                try await client.read(through: "\r\nx")
                    == "HTTP/1.1 201 Created\r\nX-Evil: a  Injected: b\r\nX-Id: 7\r\nDate: now\r\nContent-Length: 1\r\n\r\nx")
        }
    }

    @Test("the service can close the connection")
    func serviceCloses() async throws {
        try await TestServer.run(TestService { _ in .text("x", ["Connection": "close"]) }) { loop, test in
            try await test.expect(
                "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                gives: "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
        }
    }

    @Test("204 and 304 have neither body nor length", arguments: [204, 304])
    func bodiless(status: Int) async throws {
        try await TestServer.run(TestService { _ in .text("ignored", status: status) }) { loop, test in
            let answer = try await test.exchange("GET / HTTP/1.0\r\n\r\n")
            #expect(answer == "HTTP/1.1 \(status) \(status == 204 ? "No Content" : "Not Modified")\r\nDate: now\r\nConnection: close\r\n\r\n")
        }
    }

    @Test("a status that is no answer is sent as 500")
    func badStatus() async throws {
        try await TestServer.run(TestService { _ in .text("", status: 42) }) { loop, test in
            try await test.expect("GET / HTTP/1.0\r\n\r\n", begins: "HTTP/1.1 500 Internal Server Error\r\n")
        }
    }

    @Test("Date is the time, in the one form there is")
    func date() async throws {
        try await TestServer.run(TestService { _ in Response(status: 200) }) { loop, test in
            let answer = try await test.exchange("GET / HTTP/1.0\r\n\r\n")
            #expect(answer.contains(#/\r\nDate: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] 20\d\d \d\d:\d\d:\d\d GMT\r\n/#))
        }
        #expect(DateField.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(DateField.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateField.format(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(DateField.format(1_709_251_199) == "Thu, 29 Feb 2024 23:59:59 GMT")
        #expect(DateField.format(1_798_761_599) == "Thu, 31 Dec 2026 23:59:59 GMT")
        #expect(DateField.format(4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
    }

    @Test("100 Continue is sent once the head is admitted, before the body is")
    func hundredContinue() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            for _ in 0..<2 {
                try await client.send("POST /u HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                #expect(try await client.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
                try await client.send("ok")
                #expect(
                    try await client.read(through: " ok") == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 10\r\n\r\nPOST /u ok")
            }
        }
    }

    @Test("100 Continue is left out where nobody waits for it", arguments: [
        "POST /u HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nok",
        "POST /u HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok",
        "GET /u HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
    ])
    func needlessContinue(request: String) async throws {
        try await TestServer.run { loop, test in
            try await test.expect(request, begins: "HTTP/1.1 200 OK\r\n")
        }
    }

    @Test("a handler sees the head, decoded, with the client's address")
    func requestHead() async throws {
        let service = TestService { request in
            let head = request.head
            return .text(
                "\(head.method)|\(head.target)|\(head.path)|\(head.queryValue("q") ?? "-")|\(head.fields.all("x-a"))|\(head.peer?.isLoopback == true)")
        }
        try await TestServer.run(service) { loop, test in
            let answer = try await test.exchange("GET /a%20b?q=%21 HTTP/1.0\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
            #expect(answer.hasSuffix(#"GET|/a%20b?q=%21|/a b|!|["1", "2"]|true"#))
        }
    }
}
