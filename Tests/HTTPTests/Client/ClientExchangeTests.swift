import Testing

@testable import HTTP

@Suite("Client: one exchange") struct ClientExchangeTests {
    private func head(
        _ method: HTTP.Method, _ fields: Fields = Fields(), body: String = "",
        url: String = "https://queue.fal.run/a/b?c=d"
    ) -> String {
        let request = ClientRequest(method, URL(url)!, fields: fields, body: Array(body.utf8))
        var bytes: [UInt8] = []
        request.encode(.head, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a GET has no length, a POST always")
    func heads() {
        #expect(head(.get) == "GET /a/b?c=d HTTP/1.1\r\nHost: queue.fal.run\r\nAccept-Encoding: identity\r\n\r\n")
        #expect(head(.post, body: "{}").contains("\r\nContent-Length: 2\r\n"))
        for method in [HTTP.Method.post, .put, .patch, .other("X")] {
            #expect(head(method).contains("\r\nContent-Length: 0\r\n"), "\(method)")
        }
        for method in [HTTP.Method.get, .head, .delete, .options] {
            #expect(!head(method).contains("Content-Length"), "\(method)")
        }
        #expect(head(.get, url: "http://[::1]:8080/").contains("\r\nHost: [::1]:8080\r\n"))
    }

    @Test("fields go along as they are, without those that are the client's")
    func fields() {
        let fields: Fields = [
            "Authorization": "Key a:b", "HOST": "evil", "content-length": "5", "Transfer-Encoding": "chunked",
            "Connection": "close", "accept-encoding": "gzip", "Expect": "100-continue", "X-Fal-Store-IO": "0",
        ]
        #expect(
            head(.get, fields) == """
                GET /a/b?c=d HTTP/1.1\r
                Host: queue.fal.run\r
                Accept-Encoding: identity\r
                Authorization: Key a:b\r
                X-Fal-Store-IO: 0\r
                \r\n
                """)
    }

    @Test("a request with its body arrives as it was given", arguments: [0, 2, 65_536, 65_537, 600_000])
    func bodies(count: Int) async throws {
        let body = String(repeating: "x", count: count)
        try await ClientLoop.with(peer: [{ peer in
            let head = try peer.readHead()
            try #require(head.hasPrefix("POST /submit HTTP/1.1\r\n"))
            try #require(head.contains("\r\nContent-Length: \(count)\r\n"))
            try #require(try peer.read(count) == Array(body.utf8))
            try peer.answer()
        }]) { (loop, peer) async throws in
            #expect(try await loop.send(.post("/submit", body, to: peer)).text == "ok")
        }
    }

    @Test("a method that is no token is refused before anything is opened")
    func badMethod() async throws {
        try await ClientLoop.with(peer: []) { (loop, peer) async throws in
            var request = ClientRequest.get(from: peer)
            request.method = .other("GET / HTTP/1.1\r\nX:")
            let error = try await loop.failure(request)
            #expect(error?.stage == .send)
            #expect(error?.serverMayHaveActed == false)
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: String
        var status = 200
        var body = ""
        var method = HTTP.Method.get

        init(_ description: String, _ bytes: String, status: Int = 200, body: String = "", to method: HTTP.Method = .get) {
            testDescription = description
            self.bytes = bytes
            self.status = status
            self.body = body
            self.method = method
        }
    }

    /// Answers after which the connection can be used again.
    static let answersBeforeReuse: [Answer] = [
        Answer("a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Answer("no body", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", status: 202),
        Answer("an error with its body", "HTTP/1.1 422 X\r\ncontent-length: 2\r\n\r\n{}", status: 422, body: "{}"),
        Answer("a status without meaning", "HTTP/1.1 799 ?\r\nContent-Length: 1\r\n\r\nx", status: 799, body: "x"),
        Answer("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", body: "hello"),
        Answer("chunks and trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", body: "x"),
        Answer("no content", "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Answer("no content with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", status: 204),
        Answer("not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", status: 304),
        Answer("an answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Encoding: gzip\r\n\r\n", to: .head),
        Answer("an answer to HEAD in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", to: .head),
        Answer("continue, then the answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok"),
        Answer(
            "two interim answers",
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
            body: "ok"),
        Answer("encoded as identity", "HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx", body: "x"),
        Answer("encoded, but empty", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"),
        Answer("HTTP/1.0 that keeps alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", body: "x"),
        Answer("a later minor version", "HTTP/1.7 200 OK\r\nContent-Length: 1\r\n\r\nx", body: "x"),
    ]

    /// Answers after which it cannot.
    static let answersBeforeClosing: [Answer] = [
        Answer("until the end of the connection", "HTTP/1.1 200 OK\r\n\r\nhello", body: "hello"),
        Answer("an empty one until the end", "HTTP/1.1 200 OK\r\n\r\n"),
        Answer("HTTP/1.0 until the end", "HTTP/1.0 200 OK\r\n\r\nhello", body: "hello"),
        Answer("HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Answer("connection: close", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        Answer("close among others", "HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 1\r\n\r\nx", body: "x"),
        Answer("bytes behind the end", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n", body: "x"),
        Answer("a body to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", to: .head),
        Answer("bytes behind the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n"),
    ]

    private func check(_ answer: Answer, _ loop: ClientLoop, _ peer: ScriptedPeer) async throws {
        var request = ClientRequest.get(from: peer)
        request.method = answer.method
        let response = try await loop.send(request)
        #expect(response.status == answer.status)
        #expect(response.text == answer.body)
    }

    @Test("the answer is read to its end and the connection used again", arguments: answersBeforeReuse)
    func keeping(_ answer: Answer) async throws {
        try await ClientLoop.with(peer: [{ peer in
            try peer.readHead()
            try peer.send(answer.bytes)
            try peer.readHead()
            for byte in Array(answer.bytes.utf8) { try peer.send([byte]) }
            try peer.readHead()
            try peer.answer()
        }]) { (loop, peer) async throws in
            try await check(answer, loop, peer)
            try await check(answer, loop, peer)
            #expect(try await loop.send(.get(from: peer)).text == "ok")
        }
    }

    @Test("the answer is read to its end and the connection closed", arguments: answersBeforeClosing)
    func closing(_ answer: Answer) async throws {
        let script: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.send(answer.bytes)
            if !answer.bytes.contains("Length"), !answer.bytes.contains("chunked") { peer.finishSending() }
            try peer.expectEnd()
        }
        let next: ScriptedPeer.Script = { peer in
            try peer.readHead()
            try peer.answer()
        }
        try await ClientLoop.with(peer: [script, next]) { (loop, peer) async throws in
            try await check(answer, loop, peer)
            #expect(try await loop.send(.get(from: peer)).text == "ok")
        }
    }
}
