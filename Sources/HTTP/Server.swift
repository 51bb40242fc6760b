package import Reactor

/// Serves HTTP/1.1 and HTTP/1.0 on one loop. Several servers, one a loop, share a `Listener`.
///
/// Requests of a connection are answered in the order they came, one at a time. Every connection
/// runs in a task of its own on the loop, and so does all the service code for it.
package actor Server {
    package nonisolated let reactor: Reactor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// Before accepting is tried again when the process is out of descriptors.
    private static let acceptPause: Duration = .milliseconds(20)

    private let acceptor: Acceptor
    private let loop: ServerLoop
    private let count: ConnectionCount
    private var connections: [Int: ServerConnection] = [:]
    private var refusedCount = 0
    private var nextNumber = 0
    /// Those who wait for the last connection to go.
    private var drains: [Waiter] = []

    /// - Parameters:
    ///   - count: shared with the servers of the other loops, whose connections count towards
    ///     `limits.connections` together.
    ///   - tls: serves TLS with this context; `nil` serves plain text.
    /// - Throws: `.system` when the loop cannot watch the listener.
    package init(
        listener: Listener, reactor: Reactor, limits: ServerLimits = ServerLimits(), service: any Service,
        tls: TLSServerContext? = nil, count: ConnectionCount = ConnectionCount()
    ) throws(IOFailure) {
        self.reactor = reactor
        self.count = count
        acceptor = try Acceptor(listener, on: reactor)
        loop = ServerLoop(reactor: reactor, limits: limits, service: service, tls: tls)
    }

    /// Accepts connections until `drain` is called or the task is cancelled. Connections open by
    /// then go on.
    package func run() async {
        // A task of the loop: one started elsewhere would resume on other threads.
        let accepting = reactor.spawn { await self.accept() }
        await withTaskCancellationHandler {
            await accepting.value
        } onCancel: {
            accepting.cancel()
        }
    }

    /// Ends service: accepts no more, closes idle connections, lets running requests finish and
    /// closes their connections behind the answers.
    ///
    /// Returns when the last connection is closed, at the latest at `deadline`: what is left then
    /// is cancelled and cut.
    package func drain(until deadline: Deadline) async {
        await reactor.spawn { await self.empty(until: deadline) }.value
    }

    /// The number of connections on this loop.
    package var connectionCount: Int { connections.count }

    /// Whether a client on this loop is being waited for.
    func waits(for what: ServerConnection.Waiting) -> Bool { connections.values.contains { $0.waiting == what } }

    private func accept() async {
        while !loop.isDraining {
            do throws(IOFailure) {
                welcome(try await acceptor.accept())
                // The backlog may be long: those who are here already get their turn.
                await Task.yield()
            } catch {
                guard case .system = error else { return }
                loop.waiting.oldest?.close()
                do throws(IOFailure) { try await reactor.sleep(until: .after(Server.acceptPause)) } catch { return }
            }
        }
    }

    private func empty(until deadline: Deadline) async {
        loop.isDraining = true
        acceptor.close()
        for connection in connections.values where connection.waiting == .request { connection.close() }
        guard !connections.isEmpty else { return }
        let waiter = Waiter(on: reactor)
        drains.append(waiter)
        do throws(IOFailure) { try await waiter.wait(until: deadline) } catch {}
        for connection in connections.values { connection.abandon() }
    }

    private func welcome(_ socket: Socket) {
        let connection = ServerConnection(socket, on: loop)
        guard count.current >= loop.limits.connections else {
            count.increment()
            start(connection)
            return
        }
        if let other = loop.waiting.oldest {
            other.close()
            count.increment()
            start(connection)
        } else {
            turnAway(connection)
        }
    }

    private func start(_ connection: ServerConnection) {
        serve(add(connection))
    }

    /// Not as a method of this actor: whatever suspends there queues up again behind other jobs to come back to
    /// the actor, on whose thread it is already.
    private func serve(_ number: Int) {
        guard let connection = connections[number] else { return }
        // Used on the loop alone, which is where the task runs.
        nonisolated(unsafe) let served = connection
        connection.task = reactor.spawn {
            let outcome = await served.serve()
            self.hear(outcome, of: number)
        }
    }

    private nonisolated func hear(_ outcome: ServerConnection.Outcome, of number: Int) {
        assumeIsolated { $0.goOn(number, after: outcome) }
    }

    private func goOn(_ number: Int, after outcome: ServerConnection.Outcome) {
        guard let connection = connections[number] else { return }
        switch outcome {
        case .interrupted: serve(number)
        case .parked:
            connection.task = nil
            connection.awaitAnswer { self.serve(number) }
        case .ended, .served:
            count.decrement()
            remove(number)
        }
    }

    /// Says 503 and closes, without a place among the connections.
    private func turnAway(_ connection: ServerConnection) {
        guard refusedCount < loop.limits.refusedConnections, loop.tls == nil else {
            connection.close()
            return
        }
        refusedCount += 1
        connection.holdsPlace = false
        let number = add(connection)
        connection.task = reactor.spawn { await self.refuse(number) }
    }

    private func refuse(_ number: Int) async {
        await connections[number]?.refuse(.tooManyConnections)
        refusedCount -= 1
        remove(number)
    }

    private func add(_ connection: ServerConnection) -> Int {
        nextNumber += 1
        connections[nextNumber] = connection
        return nextNumber
    }

    private func remove(_ number: Int) {
        connections[number] = nil
        guard connections.isEmpty else { return }
        for drain in drains { drain.wake() }
        drains = []
    }
}
