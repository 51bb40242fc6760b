import Glibc

@testable import Reactor

/// A TLS server on 127.0.0.1, for `localhost`. It answers every request with the next of its
/// answers, and closes the connection behind the ones that end it.
actor TLSPeer {
    enum Answer: Sendable {
        case keep(String)
        /// Closes as TLS wants it, with a notice.
        case close(String)
        /// Cuts the connection under TLS.
        case cut(String)
    }

    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
    nonisolated let port: UInt16
    private let listener: Listener
    private let context: TLSServerContext
    private var answers: ArraySlice<Answer>
    /// Handshakes that came to their end.
    private(set) var handshakes = 0

    init(_ answers: [Answer]) throws {
        let certificates = try Certificates.shared.get()
        reactor = try Reactor(name: "tls peer")
        listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 16)
        port = listener.address.port
        context = try TLSServerContext(certificateFile: certificates.certificate, keyFile: certificates.key)
        self.answers = answers[...]
        reactor.spawn { await self.run() }
    }

    deinit {
        reactor.stop()
    }

    private func run() async {
        guard let acceptor = try? Acceptor(listener, on: reactor) else { return }
        while let socket = try? await acceptor.accept() {
            try? await serve(socket)
            socket.close()
        }
    }

    private func serve(_ socket: Socket) async throws {
        try await socket.acceptTLS(context, until: .after(.seconds(30)))
        handshakes += 1
        while let head = try await readHead(socket), !head.isEmpty, let answer = answers.popFirst() {
            switch answer {
            case .keep(let text):
                try await socket.write(Array(text.utf8), stall: .seconds(30))
            case .close(let text):
                return try await socket.write(Array(text.utf8), stall: .seconds(30))
            case .cut(let text):
                try await socket.write(Array(text.utf8), stall: .seconds(30))
                // The kernel's end of the connection, without a word of TLS.
                shutdown(socket.descriptor, Int32(SHUT_RDWR))
                return
            }
        }
    }

    private func readHead(_ socket: Socket) async throws -> String? {
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            try await socket.waitReadable(until: .after(.seconds(30)))
            guard let count = try socket.tryRead(into: reactor.scratch) else { continue }
            guard count > 0 else { return nil }
            head += String(decoding: reactor.scratch[..<count], as: UTF8.self)
        }
        return head
    }
}
