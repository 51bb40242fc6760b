import Testing

@testable import HTTP

@Suite("Client: one exchange") struct ClientExchangeTests {
    @Test("a GET is sent byte for byte as expected, its answer returned")
    func get() async throws {
        try await ClientLoop.with(peer: [{ peer in
            let head = try peer.readHead()
            let expected = head.replacing(port: peer)
            try #require(
                expected == """
                    GET /a/b?c=d HTTP/1.1\r
                    Host: 127.0.0.1:PORT\r
                    Accept-Encoding: identity\r
                    Authorization: Key x\r
                    \r\n
                    """)
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Fal-Request-Id: 7\r\n\r\nhello")
        }]) { loop, peer in
            var request = try ClientRequest.get("/a/b?c=d", from: peer)
            request.fields.append("Authorization", "Key x")
            let response = try await loop.send(request)
            #expect(response.status == 200)
            #expect(response.fields.first("x-fal-request-id") == "7")
            #expect(response.text == "hello")
        }
    }
}

extension String {
    /// The port is the kernel's choice.
    fileprivate func replacing(port peer: PeerConnection) -> String {
        split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("Host: 127.0.0.1:") ? "Host: 127.0.0.1:PORT" : String($0) }
            .joined(separator: "\r\n")
    }
}
