package import Reactor

/// An HTTP/1.1 client with connections kept for reuse. RFC 9110, RFC 9112.
///
/// One a loop: not Sendable, it lives in the isolation of an actor pinned to `reactor`, and any
/// number of that loop's tasks use it at the same time. Cancelling a task ends its exchange and
/// closes the connection in use.
///
/// A request is sent a second time, on a fresh connection, in one case only: a kept connection
/// turned out to be closed before a byte of the answer came, and either no byte of the request had
/// left or its method is idempotent (RFC 9110, section 9.2.2). Redirects are not followed, since
/// they would carry keys to other hosts; nothing is decompressed.
package final class Client {
    private let reactor: Reactor
    private let limits: ClientLimits
    private let pool: ConnectionPool

    /// - Parameter mayConnect: judges each address that a name has resolved to, before it is
    ///   connected to. It is how private addresses behind public names are refused.
    package init(
        on reactor: Reactor, resolver: Resolver, tls: TLSClientContext, limits: ClientLimits = ClientLimits(),
        mayConnect: @escaping (SocketAddress, Origin) -> Bool = { _, _ in true }
    ) {
        self.reactor = reactor
        self.limits = limits
        let connector = Connector(
            reactor: reactor, resolver: resolver, tls: tls, maximumAddresses: limits.addressesPerName,
            mayConnect: mayConnect)
        pool = ConnectionPool(connector, limits: limits)
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// - Parameter maximumBodyBytes: a larger body is an error and closes the connection.
    /// - Throws: `ClientError`, which says how far it came and whether the server may have acted.
    package func send(
        _ request: ClientRequest, timeouts: ClientTimeouts, maximumBodyBytes: Int
    ) async throws(ClientError) -> ClientResponse {
        let incoming = try await open(request, timeouts: timeouts, maximumBodyBytes: maximumBodyBytes)
        let body = try await incoming.rest()
        return ClientResponse(status: incoming.status, fields: incoming.fields, body: body)
    }

    /// Sends a request and reads the head of the answer: for event streams and downloads.
    ///
    /// The connection counts against `ClientLimits.connectionsPerOrigin` until the body has been
    /// read or closed.
    ///
    /// - Parameter maximumBodyBytes: reading beyond it is an error. An answer that announces more
    ///   is refused at once.
    /// - Throws: as `send`.
    package func open(
        _ request: ClientRequest, timeouts: ClientTimeouts, maximumBodyBytes: Int = .max
    ) async throws(ClientError) -> IncomingResponse {
        guard Fields.isValidName(request.method.name) else {
            throw .before(.send, .malformed(.malformed("a method that is not a token")))
        }
        let origin = request.url.origin
        let connection = try await pool.checkout(origin, timeouts)
        do {
            return try await exchange(request, over: connection, timeouts, maximumBodyBytes)
        } catch {
            let isRepeatable = Client.mayRepeat(
                request.method, after: error, reused: connection.isReused, answered: connection.answerHasBegun)
            guard isRepeatable else {
                end(connection, after: error)
                throw error
            }
            return try await repeated(request, insteadOf: connection, error, timeouts, maximumBodyBytes)
        }
    }

    /// What there is to `origin` now.
    package func connections(to origin: Origin) -> ConnectionCounts {
        pool.counts(for: origin)
    }

    /// Closes the connections that wait for a request; those in use are closed after their answer.
    package func close() {
        pool.close()
    }

    // MARK: One exchange

    /// On an error the connection is still held.
    private func exchange(
        _ request: ClientRequest, over connection: ClientConnection, _ timeouts: ClientTimeouts, _ maximumBodyBytes: Int
    ) async throws(ClientError) -> IncomingResponse {
        let head = try await answer(to: request, over: connection, timeouts)
        return try IncomingResponse(
            head, to: request.method, over: connection, on: reactor, timeouts, maximumBodyBytes: maximumBodyBytes)
    }

    private func answer(
        to request: ClientRequest, over connection: ClientConnection, _ timeouts: ClientTimeouts
    ) async throws(ClientError) -> ResponseHead {
        var answer = AnswerHeadReader(limits: limits)
        do {
            try await connection.send(request, reading: &answer, timeouts, limits)
        } catch {
            // A server that refuses a large body answers, closes, and lets the rest of it run
            // into a reset: what it said is worth more than how it ended.
            guard error.serverMayHaveActed, error.isTimeout || error.isLostConnection,
                let early = try? await connection.receiveHead(&answer, until: .now)
            else { throw error }
            return early
        }
        return try await connection.receiveHead(&answer, until: timeouts.deadline(after: timeouts.head))
    }

    private func repeated(
        _ request: ClientRequest, insteadOf stale: ClientConnection, _ earlier: ClientError,
        _ timeouts: ClientTimeouts, _ maximumBodyBytes: Int
    ) async throws(ClientError) -> IncomingResponse {
        do throws(ClientError) {
            let fresh = try await pool.replace(stale, to: request.url.origin, timeouts)
            do {
                return try await exchange(request, over: fresh, timeouts, maximumBodyBytes)
            } catch {
                end(fresh, after: error)
                throw error
            }
        } catch {
            throw error.following(earlier)
        }
    }

    /// A connection over which nothing has been sent is as good as before.
    private func end(_ connection: ClientConnection, after error: ClientError) {
        if error.serverMayHaveActed { connection.discard() } else { connection.releaseUnused() }
    }

    /// The rule of repetition; see `Client`.
    ///
    /// - Parameters:
    ///   - isReused: whether the connection had served a request before this one.
    ///   - answerHasBegun: whether a byte of the answer has come.
    static func mayRepeat(
        _ method: Method, after error: ClientError, reused isReused: Bool, answered answerHasBegun: Bool
    ) -> Bool {
        guard isReused, !answerHasBegun, error.isLostConnection else { return false }
        return method.isIdempotent || !error.serverMayHaveActed
    }
}
