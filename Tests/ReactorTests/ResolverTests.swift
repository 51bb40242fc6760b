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
