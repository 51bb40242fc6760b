import Synchronization

@testable import Reactor

/// An actor pinned to a loop of its own: tests run their async code in it.
actor LoopActor {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init() throws {
        reactor = try Reactor(name: "test")
    }

    deinit {
        reactor.stop()
    }

    private func isolated<R: Sendable>(_ body: @Sendable (isolated LoopActor) async throws -> R) async throws -> R {
        try await body(self)
    }

    /// Runs `body` on the loop, in a task that the loop resumes, and gives its result back.
    nonisolated func run<R: Sendable>(_ body: @escaping @Sendable (isolated LoopActor) async throws -> R) async throws -> R {
        try await Task(executorPreference: reactor) { try await self.isolated(body) }.value
    }
}

/// A connected pair over the loopback interface.
struct Pair {
    let client: Socket
    let server: Socket

    static func make(on reactor: Reactor) async throws -> Pair {
        let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 16)
        let acceptor = try Acceptor(listener, on: reactor)
        let client = try await Socket.connect(to: listener.address, on: reactor, until: .after(.seconds(5)))
        return Pair(client: client, server: try await acceptor.accept())
    }

    func close() {
        client.close()
        server.close()
    }
}

extension Socket {
    /// Reads until `count` bytes are there or the stream ends.
    func read(_ count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count < count {
            let read = try buffer.withUnsafeMutableBytes { try tryRead(into: .init(rebasing: $0[..<min($0.count, count - bytes.count)])) }
            guard let read else {
                try await waitReadable(until: .after(.seconds(5)))
                continue
            }
            if read == 0 { break }
            bytes += buffer[..<read]
        }
        return bytes
    }
}
