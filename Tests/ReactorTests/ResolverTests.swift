import Dispatch
import Synchronization
import Testing

@testable import Reactor

@Suite("Names and addresses") struct ResolverTests {
    @Test("localhost is the loopback, with the port asked for; the second answer comes from memory")
    func localhost() async throws {
        let loop = try LoopActor()
        let addresses = try await loop.run { loop in
            let resolver = Resolver()
            let first = try await resolver.addresses(of: "localhost", port: 80, on: loop.reactor, until: .after(.seconds(10)))
            let second = try await resolver.addresses(of: "localhost", port: 81, on: loop.reactor, until: .now)
            return [first, second]
        }
        #expect(addresses[0].allSatisfy { $0.isLoopback && $0.port == 80 })
        #expect(addresses[1] == addresses[0].map { $0.with(port: 81) })
    }

    @Test("a literal needs no look-up")
    func literal() async throws {
        let loop = try LoopActor()
        let address = try await loop.run { loop in
            try await Resolver().addresses(of: "::1", port: 7, on: loop.reactor, until: .now)
        }
        #expect(address.map(\.description) == ["[::1]:7"])
    }

    @Test("a name without an address says which name")
    func unknown() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            await failureOf {
                try await Resolver().addresses(of: "nowhere.invalid", port: 1, on: loop.reactor, until: .after(.seconds(20)))
            }
        }
        guard case .unresolvable("nowhere.invalid", _) = failure else {
            Issue.record("got \(String(describing: failure))")
            return
        }
    }

    @Test("a host that was found stays known while its name cannot be looked up again")
    func outage() async throws {
        let loop = try LoopActor()
        let found = try #require(SocketAddress(ip: "203.0.113.7", port: 0))
        let lookUps = Atomic(0)
        let addresses = try await loop.run { loop in
            let resolver = Resolver(keepingAnswers: .zero) { host in
                lookUps.add(1, ordering: .relaxed).newValue == 1
                    ? .success([found]) : .failure(.unresolvable(host: host, reason: "no server answers"))
            }
            var all: [SocketAddress] = []
            for port: UInt16 in [80, 81] {
                all += try await resolver.addresses(of: "fal.test", port: port, on: loop.reactor, until: .after(.seconds(10)))
            }
            return all
        }
        #expect(addresses == [found.with(port: 80), found.with(port: 81)])
        #expect(lookUps.load(ordering: .relaxed) == 2)
    }

    @Test("name servers that do not answer at all do not hold up a host that is known", .timeLimit(.minutes(2)))
    func silence() async throws {
        let loop = try LoopActor()
        let found = try #require(SocketAddress(ip: "203.0.113.7", port: 0))
        let lookUps = Atomic(0)
        let silence = DispatchSemaphore(value: 0)
        let addresses = try await loop.run { loop in
            let resolver = Resolver(keepingAnswers: .zero, patience: .milliseconds(1)) { host in
                if lookUps.add(1, ordering: .relaxed).newValue > 1 { silence.wait() }
                return .success([found])
            }
            var all: [SocketAddress] = []
            for port: UInt16 in [80, 81, 82] {
                all += try await resolver.addresses(of: "fal.test", port: port, on: loop.reactor, until: .never)
            }
            return all
        }
        silence.signal()
        #expect(addresses == [80, 81, 82].map { found.with(port: $0) })
    }

    @Test("a question that nobody waits for any more is not asked")
    func withdrawn() async throws {
        let loop = try LoopActor()
        let found = try #require(SocketAddress(ip: "203.0.113.7", port: 0))
        let asked = Mutex<[String]>([])
        let gate = DispatchSemaphore(value: 0)
        try await loop.run { loop in
            let resolver = Resolver(keepingAnswers: .seconds(60)) { host in
                asked.withLock { $0.append(host) }
                if host == "slow.test" { gate.wait() }
                return .success([found])
            }
            // The thread is held by the first; the second gives up behind it.
            let slow = loop.reactor.spawn {
                _ = try? await resolver.addresses(of: "slow.test", port: 1, on: loop.reactor, until: .after(.seconds(60)))
            }
            while asked.withLock({ $0.isEmpty }) { await Task.yield() }
            let failure = await failureOf {
                try await resolver.addresses(of: "gone.test", port: 1, on: loop.reactor, until: .now)
            }
            #expect(failure == .timedOut)
            gate.signal()
            _ = try await resolver.addresses(of: "fal.test", port: 1, on: loop.reactor, until: .after(.seconds(60)))
            await slow.value
        }
        #expect(asked.withLock { $0 } == ["slow.test", "fal.test"])
    }

    @Test(
        "loopback is told from the rest",
        arguments: [
            ("127.0.0.1", true), ("127.9.8.7", true), ("::1", true), ("::ffff:127.0.0.1", true),
            ("128.0.0.1", false), ("0.0.0.0", false), ("::", false), ("::ffff:10.0.0.1", false),
        ])
    func loopback(ip: String, expected: Bool) throws {
        let address = try #require(SocketAddress(ip: ip, port: 1))
        #expect(address.isLoopback == expected)
    }

    @Test("what is no literal is none", arguments: ["localhost", "127.1", "1.2.3.4.5", "::g", "", "[::1]"])
    func noLiteral(text: String) {
        #expect(SocketAddress(ip: text, port: 1) == nil)
    }
}
