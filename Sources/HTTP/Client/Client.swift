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
    private let pool: ConnectionPool

    /// - Parameter mayConnect: judges each address that a name has resolved to, before it is
    ///   connected to. It is how private addresses behind public names are refused.
    package init(
        on reactor: Reactor, resolver: Resolver, tls: TLSClientContext, limits: ClientLimits = ClientLimits(),
        mayConnect: @escaping (SocketAddress, Origin) -> Bool = { _, _ in true }
    ) {
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
        if case .other(let name) = request.method, !Fields.isValidName(name) {
            throw .before(.send, .malformed(.malformed("a method that is not a token")))
        }
        return try await Exchange(request, timeouts, maximumBodyBytes: maximumBodyBytes, over: pool).run()
    }

    /// What there is to `origin` now.
    package func connections(to origin: Origin) -> ConnectionCounts {
        pool.counts(for: origin)
    }

    /// Closes the connections that wait for a request; those in use are closed after their answer.
    package func close() {
        pool.close()
    }
}
