import Reactor

/// Keeps connections for the next request to the same origin. One loop's.
final class ConnectionPool {
    /// Origins remembered before the unused ones are forgotten.
    private static let rememberedOrigins = 64

    let limits: ClientLimits
    private let connector: Connector
    @exclusivity(unchecked) private var origins: [Origin: OriginPool] = [:]
    @exclusivity(unchecked) var spareOutput = SpareOutput()

    init(_ connector: Connector, limits: ClientLimits) {
        self.connector = connector
        self.limits = limits
    }

    deinit {
        // Sockets are closed on their loop, and this may run anywhere.
        nonisolated(unsafe) let left = origins
        reactor.post { for pool in left.values { pool.close() } }
    }

    var reactor: Reactor { connector.reactor }

    /// A connection to the origin of the request: the one used last, a new one, or after a wait in
    /// line the next that becomes free. It is the caller's until it is released or discarded.
    ///
    /// - Throws: at stage `limit`, `wait`, `resolve`, `connect` or `tls`.
    func checkout(for exchange: Exchange) async throws(ClientError) -> ClientConnection {
        let pool = pool(for: exchange.request.url.origin)
        let method = exchange.request.method
        switch try pool.claim(for: method) {
        case .connection(let connection):
            return connection
        case .vacancy:
            return try await open(for: exchange, in: pool)
        case .turn(let ticket):
            let deadline = exchange.timeouts.deadline(exchange.timeouts.wait, after: reactor.turnBegan)
            if let connection = try await pool.wait(with: ticket, for: method, until: deadline) { return connection }
            return try await open(for: exchange, in: pool)
        }
    }

    /// Closes a connection that turned out stale and opens a new one in its place.
    func replace(_ stale: ClientConnection, for exchange: Exchange) async throws(ClientError) -> ClientConnection {
        stale.socket.close()
        return try await open(for: exchange, in: pool(for: exchange.request.url.origin))
    }

    /// Fills a vacancy; it is given back when that fails.
    @inline(never)
    private func open(for exchange: Exchange, in pool: OriginPool) async throws(ClientError) -> ClientConnection {
        do {
            let socket = try await connector.connect(
                to: exchange.request.url.origin,
                until: exchange.timeouts.deadline(exchange.timeouts.connect, after: reactor.turnBegan))
            return ClientConnection(socket, on: connector.reactor, in: pool)
        } catch {
            pool.giveBackVacancy()
            throw error
        }
    }

    private func pool(for origin: Origin) -> OriginPool {
        if let known = origins[origin] { return known }
        if origins.count >= ConnectionPool.rememberedOrigins { origins = origins.filter { !$0.value.isUnused } }
        let new = OriginPool(on: connector.reactor, limits: limits)
        origins[origin] = new
        return new
    }

    /// What there is to `origin` now.
    func counts(for origin: Origin) -> ConnectionCounts {
        guard let pool = origins[origin] else { return ConnectionCounts(open: 0, idle: 0, waiting: 0) }
        return ConnectionCounts(open: pool.open, idle: pool.idle.count, waiting: pool.waiting)
    }

    func close() {
        for pool in origins.values { pool.close() }
    }
}

/// How the connections of one client to one origin are used.
package struct ConnectionCounts: Sendable, Equatable {
    /// Connections that exist or are being opened, idle ones included.
    package let open: Int
    package let idle: Int
    /// Requests in line for one.
    package let waiting: Int
}
