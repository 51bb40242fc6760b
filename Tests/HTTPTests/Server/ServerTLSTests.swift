import ChildProcesses
import Foundation
import Reactor
import Testing

@testable import HTTP

/// HTTP under TLS, and TLS where it does not belong.
@Suite("Server under TLS", .timeLimit(.minutes(1))) struct ServerTLSTests {
    /// A certificate that signs itself, for 127.0.0.1.
    private static let certificate = Result { () throws -> (certificate: String, key: String) in
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("falgate-https-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try ChildProcess.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
            in: folder.path)
        return (folder.appendingPathComponent("cert.pem").path, folder.appendingPathComponent("key.pem").path)
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
}
