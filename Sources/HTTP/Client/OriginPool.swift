import Reactor

/// The connections of one loop to one origin, and the line of those who wait for one.
///
/// Invariant: while anyone waits, no connection is idle and as many are open as may be. Whatever
/// becomes free goes to the first in line directly, so nobody overtakes.
final class OriginPool {
    /// What a request gets at once.
    enum Claim {
        case connection(ClientConnection)
        /// The right to open one, held until it is used or given back.
        case vacancy
        case turn(WaitingTicket)
    }

    private let reactor: Reactor
    private let limits: ClientLimits
    /// The one used last is at the end and taken first, so that the others can grow old and go.
    @exclusivity(unchecked) private(set) var idle: [ClientConnection] = []
    /// Connections, idle or not, and vacancies that are held.
    @exclusivity(unchecked) private(set) var open = 0
    @exclusivity(unchecked) private var line = WaitingLine()
    @exclusivity(unchecked) private var isSweeping = false
    /// After this nothing is kept.
    private var isClosed = false

    init(on reactor: Reactor, limits: ClientLimits) {
        self.reactor = reactor
        self.limits = limits
    }

    var waiting: Int { line.count }
    var isUnused: Bool { open == 0 && line.count == 0 }

    /// - Parameter method: of the request; see `ClientConnection.isFit`.
    /// - Throws: at stage `limit` when the line is full.
    func claim(for method: Method) throws(ClientError) -> Claim {
        while let connection = idle.popLast() {
            if connection.isFit(for: method) {
                connection.becomeBusy()
                return .connection(connection)
            }
            connection.socket.close()
            open -= 1
        }
        if open < limits.connectionsPerOrigin {
            open += 1
            return .vacancy
        }
        guard line.count < limits.waitingPerOrigin else {
            throw .before(.limit, .tooManyWaiting(limit: limits.waitingPerOrigin))
        }
        let ticket = WaitingTicket(on: reactor)
        line.append(ticket)
        return .turn(ticket)
    }

    /// Waits for what becomes free.
    ///
    /// Whoever gives up while something is on its way to them passes it on: nothing is lost.
    ///
    /// - Returns: a connection fit for use, or `nil`: the right to open one.
    /// - Throws: at stage `wait`.
    func wait(
        with ticket: WaitingTicket, for method: Method, until deadline: Deadline
    ) async throws(ClientError) -> ClientConnection? {
        do {
            try await ticket.waiter.wait(until: deadline)
        } catch {
            leave(ticket)
            throw .before(.wait, .io(error))
        }
        guard case .connection(let connection) = ticket.grant else { return nil }
        guard connection.isFit(for: method) else {
            connection.socket.close()
            return nil
        }
        return connection
    }

    private func leave(_ ticket: WaitingTicket) {
        switch ticket.grant {
        case .connection(let connection): park(connection)
        case .vacancy: giveBackVacancy()
        case nil: line.remove(ticket)
        }
    }

    /// Takes back a connection that can serve another request.
    func park(_ connection: ClientConnection) {
        if let ticket = line.popFirst() {
            connection.becomeBusy()
            ticket.grant = .connection(connection)
            ticket.waiter.wake()
        } else if isClosed {
            connection.socket.close()
            open -= 1
        } else {
            connection.becomeIdle()
            idle.append(connection)
            sweepLater()
        }
    }

    /// Takes back the right to have a connection: it was closed, or could not be opened.
    func giveBackVacancy() {
        guard let ticket = line.popFirst() else {
            open -= 1
            return
        }
        ticket.grant = .vacancy
        ticket.waiter.wake()
    }

    /// Closes an idle connection whose server has hung up.
    func dropIdle(_ connection: ClientConnection) {
        guard let index = idle.lastIndex(where: { $0 === connection }) else { return }
        idle.remove(at: index)
        connection.socket.close()
        open -= 1
    }

    /// Closes what is idle, now and later.
    func close() {
        isClosed = true
        closeIdle(idle.count)
    }

    // MARK: Growing old

    /// Closes idle connections when their time is over, in a task that lives while there are any.
    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        // Used on the loop alone, which is where the task runs.
        nonisolated(unsafe) let pool = self
        let reactor = reactor
        reactor.spawn {
            while let next = pool.sweep() {
                try? await reactor.sleep(until: next)
            }
        }
    }

    /// - Returns: when to sweep again; `nil` when nothing is left to watch.
    private func sweep() -> Deadline? {
        let now = Deadline.now
        let old = idle.prefix { end(of: $0) <= now }.count
        closeIdle(old)
        guard let oldest = idle.first else {
            isSweeping = false
            return nil
        }
        return end(of: oldest)
    }

    private func end(of connection: ClientConnection) -> Deadline {
        (connection.idleSince ?? .now).advanced(by: limits.idleTimeout)
    }

    /// Nobody waits while anything is idle, so the places are simply free.
    private func closeIdle(_ count: Int) {
        for connection in idle.prefix(count) { connection.socket.close() }
        idle.removeFirst(count)
        open -= count
    }
}
