import Reactor

/// Keeps connections for the next request to the same origin. One loop's.
final class ConnectionPool {
    /// Origins remembered before the unused ones are forgotten.
    private static let rememberedOrigins = 64

    private let connector: Connector
    private let limits: ClientLimits
    private var origins: [Origin: OriginPool] = [:]

    init(_ connector: Connector, limits: ClientLimits) {
        self.connector = connector
        self.limits = limits
    }

    /// A connection to `origin`: the one used last, a new one, or after a wait in line the next
    /// that becomes free. It is the caller's until it is released or discarded.
    ///
    /// - Throws: at stage `limit`, `wait`, `resolve`, `connect` or `tls`.
    func checkout(_ origin: Origin, _ timeouts: ClientTimeouts) async throws(ClientError) -> ClientConnection {
        let pool = pool(for: origin)
        switch try pool.claim() {
        case .connection(let connection):
            return connection
        case .vacancy:
            return try await open(origin, in: pool, timeouts)
        case .turn(let ticket):
            let connection = try await pool.wait(with: ticket, until: timeouts.deadline(after: timeouts.wait))
            if let connection { return connection }
            return try await open(origin, in: pool, timeouts)
        }
    }

    /// Closes a connection that turned out stale and opens a new one in its place.
    func replace(
        _ stale: ClientConnection, to origin: Origin, _ timeouts: ClientTimeouts
    ) async throws(ClientError) -> ClientConnection {
        stale.socket.close()
        return try await open(origin, in: pool(for: origin), timeouts)
    }

    /// Fills a vacancy; it is given back when that fails.
    private func open(
        _ origin: Origin, in pool: OriginPool, _ timeouts: ClientTimeouts
    ) async throws(ClientError) -> ClientConnection {
        do {
            let socket = try await connector.connect(to: origin, until: timeouts.deadline(after: timeouts.connect))
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
