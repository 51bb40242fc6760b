import Glibc
import Testing

@testable import Reactor

@Suite("Sockets") struct SocketTests {
    @Test("bytes arrive as they were sent, far beyond the kernel's buffers", arguments: ["127.0.0.1", "::1"])
    func transfer(ip: String) async throws {
        let loop = try LoopActor()
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let received = try await loop.run { loop in
            let listener = try Listener(SocketAddress(ip: ip, port: 0)!, backlog: 1)
            let address = listener.address
            let acceptor = try Acceptor(listener, on: loop.reactor)
            let writing = Task(executorPreference: loop.reactor) {
                let client = try await Socket.connect(to: address, on: loop.reactor, until: .after(.seconds(5)))
                try await client.write(sent, stall: .seconds(5))
                client.close()
            }
            let server = try await acceptor.accept()
            let bytes = try await server.read(sent.count + 1)
            try await writing.value
            server.close()
            return bytes
        }
        #expect(received == sent)
    }

    @Test("nobody listening is refused")
    func refused() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            // tcpmux: below what the kernel gives to other tests, and nobody has listened there for decades.
            let address = SocketAddress(ip: "127.0.0.1", port: 1)!
            return await failureOf { try await Socket.connect(to: address, on: loop.reactor, until: .after(.seconds(5))) }
        }
        #expect(failure == .refused)
    }

    @Test("a connection that nobody completes ends at its deadline")
    func connectDeadline() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            // A full backlog: the kernel drops further SYNs.
            let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 0)
            var held: [Socket] = []
            defer { for socket in held { socket.close() } }
            return await failureOf {
                for _ in 0..<8 {
                    held.append(
                        try await Socket.connect(to: listener.address, on: loop.reactor, until: .after(.milliseconds(50))))
                }
            }
        }
        #expect(failure == .timedOut)
    }

    @Test("a silent peer ends the read at its deadline, a cancelled task at once")
    func readEnds() async throws {
        let loop = try LoopActor()
        let failures = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            defer { pair.close() }
            let late = await failureOf { try await pair.server.waitReadable(until: .after(.milliseconds(1))) }
            nonisolated(unsafe) let server = pair.server
            let reading = Task(executorPreference: loop.reactor) {
                await failureOf { try await server.waitReadable(until: .never) }
            }
            reading.cancel()
            return [late, await reading.value]
        }
        #expect(failures == [.timedOut, .cancelled])
    }

    @Test("a peer that reads nothing ends the write after the allowed stall")
    func writeStall() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            defer { pair.close() }
            let flood = [UInt8](repeating: 1, count: 32 * 1024 * 1024)
            return await failureOf { try await pair.client.write(flood, stall: .milliseconds(20)) }
        }
        #expect(failure == .timedOut)
    }

    @Test("a hang-up is reported once, with the last bytes still readable")
    func hangUp() async throws {
        let loop = try LoopActor()
        let (reports, rest) = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            let told = Waiter(on: loop.reactor)
            nonisolated(unsafe) var reports = 0
            pair.server.onHangUp = {
                reports += 1
                told.wake()
            }
            try await pair.client.write(Array("bye".utf8), stall: .seconds(1))
            pair.client.close()
            try await told.wait(until: .after(.seconds(5)))
            let rest = try await pair.server.read(100)
            #expect(pair.server.peerHasHungUp)
            pair.server.close()
            return (reports, rest)
        }
        #expect(reports == 1)
        #expect(rest == Array("bye".utf8))
    }

    @Test("a reset is `closed`, and so is any use after close")
    func reset() async throws {
        let loop = try LoopActor()
        let failures = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
            setsockopt(pair.client.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            pair.client.close()
            let reset = await failureOf { _ = try await pair.server.read(1) }
            pair.server.close()
            pair.server.close()
            return [
                reset,
                await failureOf { try await pair.server.waitReadable(until: .never) },
                await failureOf { try await pair.server.write([1], stall: .seconds(1)) },
            ]
        }
        #expect(failures == [.closed, .closed, .closed])
    }

    @Test("closing wakes the task that waits to read")
    func closeWakes() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let pair = try await Pair.make(on: loop.reactor)
            nonisolated(unsafe) let server = pair.server
            let reading = Task.immediate(executorPreference: loop.reactor) {
                await failureOf { try await server.waitReadable(until: .never) }
            }
            pair.close()
            return await reading.value
        }
        #expect(failure == .closed)
    }

    @Test("a second listener on the same port is told so")
    func addressInUse() throws {
        let listener = try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 1)
        #expect(throws: IOFailure.system(operation: "bind", errno: EADDRINUSE)) {
            try Listener(listener.address, backlog: 1)
        }
    }

    @Test("a closed acceptor ends its wait")
    func acceptorClose() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let acceptor = try Acceptor(try Listener(SocketAddress(ip: "127.0.0.1", port: 0)!, backlog: 1), on: loop.reactor)
            nonisolated(unsafe) let waiting = acceptor
            let accepting = Task.immediate(executorPreference: loop.reactor) {
                await failureOf { _ = try await waiting.accept() }
            }
            acceptor.close()
            return await accepting.value
        }
        #expect(failure == .closed)
    }
}

/// The failure that `body` ends with, if it does.
func failureOf<R>(_ body: () async throws -> R) async -> IOFailure? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? IOFailure
    }
}
