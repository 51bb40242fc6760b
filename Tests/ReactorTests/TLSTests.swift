import ChildProcesses
import Foundation
import TemporaryFolders
import Testing

@testable import Reactor

/// Certificates made by the `openssl` command for one test run: an authority, a server for
/// `localhost` and 127.0.0.1, and an authority nobody trusts.
struct Certificates {
    static let shared = Result { try Certificates() }

    private let folder: TemporaryFolder
    var authority: String { folder.file("ca.pem") }
    var stranger: String { folder.file("stranger.pem") }
    var certificate: String { folder.file("server.pem") }
    var key: String { folder.file("server.key") }
    /// The same behind a passphrase.
    var lockedKey: String { folder.file("locked.key") }

    private init() throws {
        folder = try TemporaryFolder.untilExit()
        let script = """
            set -e
            for name in ca stranger; do
              openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj "/CN=$name" -keyout $name.key -out $name.pem
            done
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=server" -keyout server.key -out server.csr
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
            openssl pkey -in server.key -aes256 -passout pass:secret -out locked.key
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem
            """
        try ChildProcess.run("/bin/sh", "-c", script, in: folder.path)
    }
}

@Suite("TLS") struct TLSTests {
    /// One exchange of `ping` for `pong`; the failure of the client, if any.
    private func exchange(
        trusting authority: String, as name: String
    ) async throws -> IOFailure? {
        let certificates = try Certificates.shared.get()
        let loop = try LoopActor()
        let server = try TLSServerContext(certificateFile: certificates.certificate, keyFile: certificates.key)
        return try await loop.run { loop in
            let context = TLSClientContext(certificateFile: authority)
            return try await Self.exchange(context, as: name, server: server, on: loop.reactor)
        }
    }

    private static func exchange(
        _ context: TLSClientContext, as name: String, server: TLSServerContext, on reactor: Reactor
    ) async throws -> IOFailure? {
        let pair = try await Pair.make(on: reactor)
        nonisolated(unsafe) let accepted = pair.server
        let serving = Task(executorPreference: reactor) {
            try await accepted.acceptTLS(server, until: .after(.seconds(5)))
            guard try await accepted.read(4) == Array("ping".utf8) else { return }
            try await accepted.write(Array("pong".utf8), stall: .seconds(5))
        }
        defer { pair.close() }
        let failure = await failureOf {
            try await pair.client.startTLS(context, serverName: name, until: .after(.seconds(5)))
            try await pair.client.write(Array("ping".utf8), stall: .seconds(5))
            let answer = try await pair.client.read(4)
            #expect(answer == Array("pong".utf8))
        }
        if failure == nil { try await serving.value } else { serving.cancel() }
        return failure
    }

    @Test("a trusted server is spoken to by its name and by its address", arguments: ["localhost", "127.0.0.1"])
    func trusted(name: String) async throws {
        #expect(try await exchange(trusting: Certificates.shared.get().authority, as: name) == nil)
    }

    @Test("a certificate for another name is refused", arguments: ["example.com", "127.0.0.2"])
    func wrongName(name: String) async throws {
        let failure = try await exchange(trusting: Certificates.shared.get().authority, as: name)
        #expect(failure?.description.contains("mismatch") == true, "\(String(describing: failure))")
    }

    @Test("an unknown authority is refused")
    func unknownAuthority() async throws {
        let failure = try await exchange(trusting: Certificates.shared.get().stranger, as: "localhost")
        #expect(failure == .tls("unable to get local issuer certificate"))
    }

    @Test("the second connection to a server resumes the first one's session")
    func resumption() async throws {
        let certificates = try Certificates.shared.get()
        let loop = try LoopActor()
        let server = try TLSServerContext(certificateFile: certificates.certificate, keyFile: certificates.key)
        let counts = try await loop.run { loop in
            let context = TLSClientContext(certificateFile: certificates.authority)
            var counts: [Int] = []
            for _ in 0..<2 {
                let failure = try await Self.exchange(context, as: "localhost", server: server, on: loop.reactor)
                #expect(failure == nil)
                counts.append(context.sessions.resumptions)
            }
            return counts
        }
        #expect(counts == [0, 1])
    }

    @Test("a server that is not speaking TLS fails the handshake")
    func notTLS() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            defer { pair.close() }
            try await pair.server.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), stall: .seconds(1))
            return await failureOf {
                try await pair.client.startTLS(TLSClientContext(), serverName: "localhost", until: .after(.seconds(5)))
            }
        }
        guard case .tls = failure else {
            Issue.record("got \(String(describing: failure))")
            return
        }
    }

    @Test("a server that ends the connection amid the handshake has not begun one")
    func endAmidHandshake() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            defer { pair.close() }
            // close_notify, RFC 8446, section 6.1.
            try await pair.server.write([21, 3, 3, 0, 2, 1, 0], stall: .seconds(1))
            return await failureOf {
                try await pair.client.startTLS(TLSClientContext(), serverName: "localhost", until: .after(.seconds(20)))
            }
        }
        #expect(failure == .closed)
    }

    @Test("a key behind a passphrase is refused, and nobody is asked for it")
    func passphrase() throws {
        let certificates = try Certificates.shared.get()
        #expect {
            try TLSServerContext(certificateFile: certificates.certificate, keyFile: certificates.lockedKey)
        } throws: { error in
            (error as? IOFailure)?.description.contains("locked.key") == true
        }
    }

    @Test("files that are not there are named")
    func missingFiles() throws {
        #expect {
            try TLSServerContext(certificateFile: "/nowhere.pem", keyFile: "/nowhere.key")
        } throws: { error in
            (error as? IOFailure)?.description.contains("/nowhere.pem") == true
        }
    }
}
