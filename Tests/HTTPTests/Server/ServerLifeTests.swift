import Reactor
import Synchronization
import Testing

@testable import HTTP

/// Connections that end: hang-ups, the bound on their number, the end of the server.
@Suite("Server life", .timeLimit(.minutes(10))) struct ServerLifeTests {
    @Test("a hang-up cancels what the handler awaits", arguments: Promptness.allCases)
    func hangUp(promptness: Promptness) async throws {
        let begun = Gate()
        let ended = Gate()
        let outcome = Mutex("")
        let service = TestService { _ in
            begun.open()
            let how = await Gate().passOrCancel()
            outcome.withLock { $0 = how }
            ended.open()
            return .text("too late")
        }
        try await TestServer.run(service.answering(promptness)) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.pass()
            client.socket.close()
            await ended.pass()
        }
        #expect(outcome.withLock { $0 } == "cancelled")
    }

    @Test("a client that closes its sending side gets the answer that a cancelled handler still makes", arguments: Promptness.allCases)
    func halfClose(promptness: Promptness) async throws {
        let begun = Gate()
        let service = TestService { request in
            begun.open()
            return .text(await Gate().passOrCancel() + request.head.path + String(repeating: "x", count: 4 << 20))
        }
        try await TestServer.run(service.answering(promptness)) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            // The second request is there already: it is answered too, and its handler cancelled as well.
            try await client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.pass()
            client.socket.shutdownWrite()
            let answer = try await client.readToEnd()
            let pieces = answer.split(separator: "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 4194315\r\n\r\n")
            #expect(pieces.map { $0.prefix(12) } == ["cancelled/1x", "cancelled/2x"])
            #expect(pieces.map(\.count) == [4_194_315, 4_194_315])
        }
    }

    @Test("of a late answer it is told when it was cut off, and not when it has arrived")
    func cutOff() async throws {
        let told = Gate()
        let count = Mutex(0)
        // More than the kernel takes for a client that does not read.
        var service = TestService { .text(String(repeating: "x", count: $0.head.path == "/long" ? 16 << 20 : 3)) }
        service.notDelivered = {
            count.withLock { $0 += 1 }
            told.open()
        }
        try await TestServer.run(service.answering(.later)) { loop, test in
            #expect(try await test.exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("xxx"))
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET /long HTTP/1.0\r\n\r\n")
            _ = try await client.readSome()
            client.socket.close()
            await told.pass()
        }
        #expect(count.withLock { $0 } == 1)
    }

    /// How a client leaves whose answer the kernel has taken whole.
    enum Leaving: CaseIterable {
        case byReset, afterReading, afterTheNextRequest
    }

    @Test("an answer that the kernel has taken is lost when the client resets the connection", arguments: Leaving.allCases)
    func reset(leaving: Leaving) async throws {
        let lost = Gate()
        let told = Mutex(0)
        var service = TestService { .text(String(repeating: "x", count: $0.head.path == "/long" ? 10_000 : 3)) }
        service.notDelivered = {
            told.withLock { $0 += 1 }
            lost.open()
        }
        try await TestServer.run(service.answering(.later)) { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await client.send("GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
            if leaving == .byReset {
                // What is unread when a socket is closed makes a reset of it.
                try await client.socket.waitReadable(until: .after(.seconds(60)))
            } else {
                var count = 0
                while count < 10_000 { count += try await client.readSome().count }
                if leaving == .afterTheNextRequest {
                    try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    while try await !client.readSome().suffix(3).elementsEqual("xxx".utf8) {}
                }
            }
            client.socket.close()
            if leaving == .byReset { await lost.pass() }
        }
        #expect(told.withLock { $0 } == (leaving == .byReset ? 1 : 0))
    }

    @Test("a request that comes together with the end of the stream is answered")
    func requestAndEnd() async throws {
        try await TestServer.run { loop, test in
            let client = try await RawClient.connect(to: test.address, on: loop.reactor)
            defer { client.socket.close() }
            try await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
            client.socket.shutdownWrite()
            let answer = try await client.readToEnd()
            #expect(answer == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nGET /a ")
        }
    }

    /// Without optimisation the compiler keeps every value to the end of its scope.
    private static let isOptimised: Bool = {
        #if DEBUG
            false
        #else
            true
        #endif
    }()

    @Test("the server holds nothing of a request that the service has dropped", .enabled(if: isOptimised))
    func holdsNothing() async throws {
        struct Dropper: PromptService {
            let maximumBodyBytes = 1000

            func respond(to request: consuming Request) async -> Response {
                weak let head = request.head
                _ = consume request
                await Task.yield()
                let isFreed = head == nil
                return .text(isFreed ? "freed" : "held")
            }

            func refusal(_ error: ProtocolError) -> Response { .text("", status: error.status) }
        }
        try await TestServer.run(Dropper()) { loop, test in
            let answer = try await test.exchange("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
            #expect(answer.hasSuffix("freed"))
        }
    }

    @Test("at the bound the connection that is idle longest makes room")
    func oldestIdleGoes() async throws {
        try await TestServer.run(TestService.echo, { $0.connections = 2 }) { loop, test in
            let first = try await RawClient.connect(to: test.address, on: loop.reactor)
            let second = try await RawClient.connect(to: test.address, on: loop.reactor)
            for client in [first, second, first] {
                try await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try await client.read(through: "GET /a ")
            }
            let third = try await RawClient.connect(to: test.address, on: loop.reactor)
            // The first one was used last, so it is the second that goes.
            #expect(try await second.readToEnd() == "")
            for client in [first, third] {
                try await client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.read(through: "GET /b ").hasPrefix("HTTP/1.1 200 OK"))
                client.socket.close()
            }
        }
    }

    @Test("a slow head makes room before a running request does")
    func slowHeadGoes() async throws {
        let begun = Gate()
        let gate = Gate()
        let service = TestService.held(by: gate, opening: begun)
        try await TestServer.run(service, { $0.connections = 2 }) { loop, test in
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET / HTTP/1.0\r\n\r\n")
            await begun.pass()
            let slow = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await slow.send("GET / HTT")
            // Unread bytes would make a reset of the close.
            while await !test.server.waits(for: .head) { await Task.yield() }
            let honest = try await RawClient.connect(to: test.address, on: loop.reactor)
            #expect(try await slow.readToEnd() == "")
            gate.open()
            try await honest.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await honest.readToEnd().hasSuffix("done"))
            #expect(try await busy.readToEnd().hasSuffix("done"))
        }
    }

    @Test("who has just come does not make room before a slow head that is there for longer")
    func newcomerStays() async throws {
        try await TestServer.run(TestService.echo, { $0.connections = 2 }) { loop, test in
            let slow = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await slow.send("GET / HTT")
            while await !test.server.waits(for: .head) { await Task.yield() }
            let newcomer = try await RawClient.connect(to: test.address, on: loop.reactor)
            while await !test.server.waits(for: .request) { await Task.yield() }
            let next = try await RawClient.connect(to: test.address, on: loop.reactor)
            #expect(try await slow.readToEnd() == "")
            for client in [newcomer, next] {
                try await client.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await client.read(through: "GET /b ").hasPrefix("HTTP/1.1 200 OK"))
                client.socket.close()
            }
        }
    }

    @Test("with every place at work the one too many is told 503, and nobody else notices")
    func oneTooMany() async throws {
        let begun = Gate()
        let gate = Gate()
        let service = TestService.held(by: gate, opening: begun)
        try await TestServer.run(service, { $0.connections = 1 }) { loop, test in
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET / HTTP/1.0\r\n\r\n")
            await begun.pass()
            try await test.expect(
                "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                gives: "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            gate.open()
            #expect(try await busy.readToEnd().hasSuffix("done"))
            try await test.expect("GET / HTTP/1.0\r\n\r\n", begins: "HTTP/1.1 200 OK\r\n")
        }
    }

    @Test("places are not given to those who come while another is being turned away")
    func refusedHasNoPlace() async throws {
        let begun = Gate()
        let gate = Gate()
        let service = TestService.held(by: gate, opening: begun)
        try await TestServer.run(service, { $0.connections = 1 }) { loop, test in
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET / HTTP/1.0\r\n\r\n")
            await begun.pass()
            var refused: [RawClient] = []
            // Each has its answer and keeps its side open, so the server waits for its end.
            for _ in 0..<3 {
                let client = try await RawClient.connect(to: test.address, on: loop.reactor)
                #expect(try await client.read(through: "Connection: close\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
                refused.append(client)
            }
            gate.open()
            #expect(try await busy.readToEnd().hasSuffix("done"))
            for client in refused { client.socket.close() }
        }
    }

    @Test("a client that does not go on with a body, or does not take its answer, makes room", arguments: [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\nx", "GET /large HTTP/1.1\r\nHost: h\r\n\r\n",
    ])
    func stalledGoes(request: String) async throws {
        let large = Array(repeating: [UInt8](repeating: 0x78, count: 1 << 20)[...], count: 32)
        let begun = Gate()
        let gate = Gate()
        let service = TestService { request in
            guard request.head.path != "/large" else { return Response(status: 200, body: .segments(large)) }
            begun.open()
            await gate.pass()
            return .text("done")
        }
        try await TestServer.run(service, { $0.connections = 2 }) { loop, test in
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET / HTTP/1.0\r\n\r\n")
            await begun.pass()
            let stalled = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await stalled.send(request)
            while await !test.server.waits(for: .piece) { await Task.yield() }
            let honest = try await RawClient.connect(to: test.address, on: loop.reactor)
            gate.open()
            try await honest.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await honest.readToEnd().hasSuffix("done"))
            #expect(try await busy.readToEnd().hasSuffix("done"))
            stalled.socket.close()
        }
    }

    @Test("drain closes idle connections, lets running requests finish, and accepts no more", arguments: Promptness.allCases)
    func drain(promptness: Promptness) async throws {
        let begun = Gate()
        let gate = Gate()
        let service = TestService { request in
            guard request.head.path == "/slow" else { return .text("quick") }
            begun.open()
            await gate.pass()
            return .text("slow")
        }
        try await TestServer.run(service.answering(promptness)) { loop, test in
            let idle = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await idle.read(through: "quick")
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.pass()
            let server = test.server
            let draining = loop.reactor.spawn { await server.drain(until: .after(.seconds(120))) }
            #expect(try await idle.readToEnd() == "")
            gate.open()
            #expect(
                try await busy.readToEnd()
                    == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow")
            await draining.value
            #expect(await server.connectionCount == 0)
        }
    }

    @Test("drain cancels and cuts what is left at its deadline", arguments: Promptness.allCases)
    func drainDeadline(promptness: Promptness) async throws {
        let begun = Gate()
        let ended = Gate()
        let service = TestService { _ in
            begun.open()
            let how = await Gate().passOrCancel()
            #expect(how == "cancelled")
            ended.open()
            return .text("nobody reads this")
        }
        try await TestServer.run(service.answering(promptness)) { loop, test in
            let busy = try await RawClient.connect(to: test.address, on: loop.reactor)
            try await busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await begun.pass()
            await test.server.drain(until: .after(.milliseconds(30)))
            #expect(try await busy.readToEnd() == "")
            await ended.pass()
        }
    }
}
