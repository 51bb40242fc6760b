import ChildProcesses
import Foundation
import Synchronization
import TemporaryFolders
import Testing

@testable import HTTP
@testable import Reactor

/// HTTP under TLS, and TLS where it does not belong.
@Suite("Server under TLS", .timeLimit(.minutes(10))) struct ServerTLSTests {
    /// A certificate that signs itself, for 127.0.0.1.
    private static let certificate = Result { () throws -> (certificate: String, key: String) in
        let folder = try TemporaryFolder.untilExit()
        try ChildProcess.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
            in: folder.path)
        return (folder.file("cert.pem"), folder.file("key.pem"))
    }

    private func run(
        _ change: (inout ServerLimits) -> Void = { _ in },
        _ body: @escaping @Sendable (isolated WireLoop, TestServer, String) async throws -> Void
    ) async throws {
        let files = try ServerTLSTests.certificate.get()
        let context = try TLSServerContext(certificateFile: files.certificate, keyFile: files.key)
        try await TestServer.run(TestService.echo, change, tls: context) { loop, test in
            try await body(loop, test, files.certificate)
        }
    }

    @Test("requests are served under TLS, and the end is announced")
    func serves() async throws {
        try await run { loop, test, authority in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            let context = TLSClientContext(certificateFile: authority)
            try await client.socket.startTLS(context, serverName: "127.0.0.1", until: .after(.seconds(10)))
            try await client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let answer = try await client.readToEnd()
            #expect(
                answer == """
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /1 \
                    HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /2 
                    """)
        }
    }

    @Test(
        "a client that has read its answer has lost nothing, though it ends without a word of TLS",
        arguments: ["keep-alive", "close"])
    func endWithoutNotice(connection: String) async throws {
        let files = try ServerTLSTests.certificate.get()
        let context = try TLSServerContext(certificateFile: files.certificate, keyFile: files.key)
        let told = Mutex(0)
        var service = TestService.echo
        service.notDelivered = { told.withLock { $0 += 1 } }
        try await TestServer.run(service.answering(.later), tls: context) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            let context = TLSClientContext(certificateFile: files.certificate)
            try await client.socket.startTLS(context, serverName: "127.0.0.1", until: .after(.seconds(60)))
            try await client.send("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: \(connection)\r\n\r\n")
            while try await !client.readSome().suffix(7).elementsEqual("GET /1 ".utf8) {}
            shutdown(client.socket.descriptor, Int32(SHUT_WR))
            while await test.server.connectionCount > 0 { await Task.yield() }
            client.socket.close()
        }
        #expect(told.withLock { $0 } == 0)
    }

    @Test("plain text on a TLS port is closed, not answered")
    func plainText() async throws {
        try await run { loop, test, _ in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = (try? await client.readToEnd()) ?? ""
            #expect(!answer.contains("200 OK"))
            while await test.server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("a handshake that nobody completes is given up")
    func slowHandshake() async throws {
        try await run({ $0.handshakeTimeout = .milliseconds(50) }) { loop, test, _ in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send([0x16, 0x03, 0x01])
            let answer = (try? await client.readToEnd()) ?? ""
            #expect(answer.isEmpty)
        }
    }

    @Test("HTTP/1.1 is agreed on by ALPN, an old version or another protocol is not", arguments: [
        ("-alpn h2,http/1.1", "ALPN protocol: http/1.1"), ("-tls1_2 -alpn http/1.1", "ALPN protocol: http/1.1"),
        ("-tls1_3", "No ALPN negotiated"), ("-alpn h2", "no application protocol"),
        ("-tls1_1 -cipher DEFAULT@SECLEVEL=0", "alert protocol version"), ("-tls1_2 -cipher AES128-SHA", "handshake failure"),
        // The server's order, not the client's.
        ("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "Cipher    : ECDHE-ECDSA-AES256-GCM-SHA384"),
    ])
    func negotiation(options: String, outcome: String) async throws {
        try await run { _, test, _ in
            let folder = try TemporaryFolder()
            let told = folder.file("told")
            // Its exit code says nothing: a client that hangs up without a request is none of the failures.
            try await Task.detached {
                let command = "openssl s_client -connect \(test.address) \(options) </dev/null >\(told) 2>&1 || true"
                try ChildProcess.run("/bin/sh", "-c", command, in: "/")
            }.value
            let text = try String(contentsOfFile: folder.file("told"), encoding: .utf8)
            #expect(text.contains(outcome), "\(text)")
        }
    }
}
