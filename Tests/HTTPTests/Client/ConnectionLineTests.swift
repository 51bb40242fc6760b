import Synchronization
import Testing

@testable import HTTP
@testable import Reactor

@Suite("Client: the line for a connection") struct ConnectionLineTests {
    private func limits(connections: Int, waiting: Int = 100) -> ClientLimits {
        var limits = ClientLimits()
        limits.connectionsPerOrigin = connections
        limits.waitingPerOrigin = waiting
        return limits
    }

    /// Takes a request, tells that it did, answers with its target when it may.
    private func held(_ arrived: Signal, _ mayAnswer: Signal, then end: @escaping ScriptedPeer.Script) -> ScriptedPeer.Script {
        { peer in
            let head = try peer.readHead()
            arrived.fire()
            try mayAnswer.waitBlocking()
            try peer.answer(String(head.split(separator: " ")[1]))
            try end(peer)
        }
    }

    private let echo: ScriptedPeer.Script = { peer in
        while let head = try? peer.readHead() {
            try peer.answer(String(head.split(separator: " ")[1]))
        }
    }

    private func waitFor(_ count: Int, waiting loop: ClientLoop, _ request: ClientRequest) async throws {
        while try await loop.counts(request).waiting != count { await Task.yield() }
    }

    @Test("first come, first served, over one connection")
    func order() async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        try await ClientLoop.with(limits: limits(connections: 1), peer: [held(arrived, mayAnswer, then: echo)]) {
            (loop, peer) async throws in
            let served = Mutex<[String]>([])
            let first = loop.begin(.get("/0", from: peer))
            await arrived.wait()
            var others: [Task<Void, any Error>] = []
            for index in 1...8 {
                others.append(
                    loop.start { (loop) async throws in
                        let request = ClientRequest.get("/\(index)", from: peer)
                        let response = try await loop.client.send(request, timeouts: .test, maximumBodyBytes: 100)
                        served.withLock { $0.append(response.text) }
                    })
                try await waitFor(index, waiting: loop, .get(from: peer))
            }
            #expect(try await loop.counts(.get(from: peer)) == ConnectionCounts(open: 1, idle: 0, waiting: 8))
            mayAnswer.fire()
            #expect(try await first.value.get().text == "/0")
            for task in others { try await task.value }
            #expect(served.withLock { $0 } == (1...8).map { "/\($0)" })
            #expect(try await loop.counts(.get(from: peer)) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("whoever waits may open a connection in the place of one that was closed")
    func vacancy() async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        let closing = held(arrived, mayAnswer) { $0.close() }
        try await ClientLoop.with(limits: limits(connections: 1), peer: [closing, echo]) { (loop, peer) async throws in
            let request = ClientRequest.get("/0", from: peer)
            let first = loop.start { (loop) async throws in
                let incoming = try await loop.client.open(request, timeouts: .test)
                incoming.close()
            }
            await arrived.wait()
            let second = loop.begin(.get("/1", from: peer))
            try await waitFor(1, waiting: loop, request)
            mayAnswer.fire()
            try await first.value
            #expect(try await second.value.get().text == "/1")
            #expect(try await loop.counts(request) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
        }
    }

    @Test("one more than may wait fails at once")
    func full() async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        let script = held(arrived, mayAnswer, then: echo)
        try await ClientLoop.with(limits: limits(connections: 1, waiting: 2), peer: [script]) {
            (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let tasks = [loop.begin(request), loop.begin(request), loop.begin(request)]
            await arrived.wait()
            try await waitFor(2, waiting: loop, request)
            #expect(try await loop.failure(request) == .before(.limit, .tooManyWaiting(limit: 2)))
            mayAnswer.fire()
            for task in tasks { #expect(try await task.value.get().status == 200) }
        }
    }

    @Test("waiting ends at its own deadline and at that of the whole", arguments: [true, false])
    func deadline(isWhole: Bool) async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        try await ClientLoop.with(limits: limits(connections: 1), peer: [held(arrived, mayAnswer, then: echo)]) {
            (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let first = loop.begin(request)
            await arrived.wait()
            var timeouts = ClientTimeouts.test
            if isWhole { timeouts.whole = .after(.milliseconds(30)) } else { timeouts.wait = .milliseconds(30) }
            #expect(try await loop.failure(request, timeouts) == .before(.wait, .io(.timedOut)))
            #expect(try await loop.counts(request).waiting == 0)
            mayAnswer.fire()
            _ = try await first.value.get()
            #expect(try await loop.send(request).status == 200)
        }
    }

    @Test("whoever is cancelled leaves the line without harm to those behind")
    func cancelled() async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        try await ClientLoop.with(limits: limits(connections: 1), peer: [held(arrived, mayAnswer, then: echo)]) {
            (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            let first = loop.begin(request)
            await arrived.wait()
            let second = loop.begin(request)
            try await waitFor(1, waiting: loop, request)
            let third = loop.begin(.get("/third", from: peer))
            try await waitFor(2, waiting: loop, request)
            second.cancel()
            #expect(try await second.value == .failure(.before(.wait, .io(.cancelled))))
            mayAnswer.fire()
            _ = try await first.value.get()
            #expect(try await third.value.get().text == "/third")
        }
    }

    /// What becomes free in the same moment in which its receiver is cancelled.
    @Test("a grant that crosses a cancellation is passed on", arguments: [true, false])
    func crossing(isConnection: Bool) async throws {
        try await ClientLoop.with(peer: [{ try $0.expectEnd() }]) { (loop, peer) async throws in
            let address = SocketAddress(ip: "127.0.0.1", port: peer.port)!
            let limits = limits(connections: 1)
            let counts = try await loop.run { (loop) async throws in
                nonisolated(unsafe) let pool = OriginPool(on: loop.reactor, limits: limits)
                guard case .vacancy = try pool.claim(for: .get) else { throw PeerError("no vacancy") }
                let socket = try await Socket.connect(to: address, on: loop.reactor, until: .after(.seconds(5)))
                nonisolated(unsafe) let connection = ClientConnection(socket, on: loop.reactor, in: pool)
                guard case .turn(let ticket) = try pool.claim(for: .get) else { throw PeerError("no turn") }
                nonisolated(unsafe) let mine = ticket
                let waiting = Task(executorPreference: loop.reactor) { () async throws -> Void in
                    _ = try await pool.wait(with: mine, for: .get, until: .never)
                }
                // A turn of the loop, after which the task is parked.
                while !ticket.waiter.isOccupied { try await loop.reactor.sleep(until: .now) }
                try await loop.reactor.sleep(until: .now)
                // On the loop and in this order: the cancellation ends the wait, the grant comes
                // before the waiting task has run.
                waiting.cancel()
                loop.reactor.post {
                    if isConnection {
                        connection.releaseUnused()
                    } else {
                        connection.discard()
                    }
                }
                let error = await #expect(throws: ClientError.self) { try await waiting.value }
                #expect(error == .before(.wait, .io(.cancelled)))
                #expect(ticket.grant != nil)
                defer { pool.close() }
                return ConnectionCounts(open: pool.open, idle: pool.idle.count, waiting: pool.waiting)
            }
            #expect(counts == ConnectionCounts(open: isConnection ? 1 : 0, idle: isConnection ? 1 : 0, waiting: 0))
        }
    }

    @Test("a connection granted to a task that was cancelled meanwhile goes back unharmed")
    func cancelledWithConnection() async throws {
        let (arrived, mayAnswer) = (Signal(), Signal())
        try await ClientLoop.with(limits: limits(connections: 1), peer: [held(arrived, mayAnswer, then: echo)]) {
            (loop, peer) async throws in
            let request = ClientRequest.get(from: peer)
            _ = try await { mayAnswer.fire(); return try await loop.send(request) }()
            await arrived.wait()
            let cancelled = loop.start { (loop) async throws -> ClientError? in
                withUnsafeCurrentTask { $0?.cancel() }
                do throws(ClientError) {
                    _ = try await loop.client.send(request, timeouts: .test, maximumBodyBytes: 100)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(try await cancelled.value == .before(.send, .io(.cancelled)))
            #expect(try await loop.counts(request) == ConnectionCounts(open: 1, idle: 1, waiting: 0))
            #expect(try await loop.send(request).status == 200)
        }
    }

    @Test("a failed attempt to connect frees its place for the next in line")
    func failedConnect() async throws {
        try await ClientLoop.with(limits: limits(connections: 1)) { loop in
            let peer = try ScriptedPeer([])
            let request = ClientRequest.get(from: peer)
            _ = await peer.finish()
            let tasks = (0..<10).map { _ in loop.begin(request) }
            for task in tasks { #expect(try await task.value == .failure(.before(.connect, .io(.refused)))) }
            #expect(try await loop.counts(request) == ConnectionCounts(open: 0, idle: 0, waiting: 0))
        }
    }

    @Test("a thousand requests over four connections are all answered")
    func many() async throws {
        try await ClientLoop.with(limits: limits(connections: 4, waiting: 1000), peer: [echo, echo, echo, echo]) {
            (loop, peer) async throws in
            let tasks = (0..<1000).map { loop.begin(.get("/\($0)", from: peer)) }
            for (index, task) in tasks.enumerated() { #expect(try await task.value.get().text == "/\(index)") }
            #expect(try await loop.counts(.get(from: peer)) == ConnectionCounts(open: 4, idle: 4, waiting: 0))
        }
    }

    @Test("the line keeps its order whoever leaves it, and does not keep their places")
    func line() async throws {
        let reactor = try Reactor(name: "line")
        defer { reactor.stop() }
        var line = WaitingLine()
        var model: [WaitingTicket] = []
        var state: UInt64 = 88_172_645_463_325_252
        for _ in 0..<20_000 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            switch state % 5 {
            case 0 where !model.isEmpty:
                #expect(line.popFirst() === model.removeFirst())
            case 1 where !model.isEmpty, 2 where model.count > 50:
                let ticket = model.remove(at: Int(state >> 8) % model.count)
                line.remove(ticket)
            default:
                let ticket = WaitingTicket(on: reactor)
                line.append(ticket)
                model.append(ticket)
                #expect(line.places <= max(32, 2 * model.count))
            }
            #expect(line.count == model.count)
        }
        while !model.isEmpty { #expect(line.popFirst() === model.removeFirst()) }
        #expect(line.popFirst() == nil)
    }
}
