import Reactor

/// Opens connections: name to addresses, address to socket, socket to TLS.
struct Connector {
    let reactor: Reactor
    let resolver: Resolver
    let tls: TLSClientContext
    let maximumAddresses: Int
    /// Judges an address before anything is sent to it.
    let mayConnect: (SocketAddress, Origin) -> Bool

    /// A socket over which `origin` can be spoken to, its certificate verified where it has one.
    ///
    /// The name's addresses are tried in the resolver's order, each with an equal share of the
    /// time left, so that one that swallows packets does not take the turn of the others.
    ///
    /// - Throws: at stage `resolve`, `connect` or `tls`, with the failure of the last address
    ///   tried. A certificate that is not accepted is not looked for at another address.
    func connect(to origin: Origin, until deadline: Deadline) async throws(ClientError) -> Socket {
        try await connect(to: origin, at: try await addresses(of: origin, until: deadline), until: deadline)
    }

    /// As above, with the addresses known.
    func connect(
        to origin: Origin, at addresses: [SocketAddress], until deadline: Deadline
    ) async throws(ClientError) -> Socket {
        var failure = ClientError.before(.connect, .io(.unreachable))
        for (index, address) in addresses.enumerated() {
            do {
                return try await open(address, origin, until: share(of: deadline, with: addresses.count - index))
            } catch {
                failure = error
            }
            if failure.isFinal || Deadline.now >= deadline { break }
        }
        throw failure
    }

    private func addresses(of origin: Origin, until deadline: Deadline) async throws(ClientError) -> [SocketAddress] {
        let all: [SocketAddress]
        do {
            all = try await resolver.addresses(of: origin.host, port: origin.port, on: reactor, until: deadline)
        } catch {
            throw .before(.resolve, .io(error))
        }
        let allowed = all.filter { mayConnect($0, origin) }
        if allowed.isEmpty, let refused = all.first { throw .before(.connect, .addressRefused(refused)) }
        return Array(allowed.prefix(maximumAddresses))
    }

    private func open(
        _ address: SocketAddress, _ origin: Origin, until deadline: Deadline
    ) async throws(ClientError) -> Socket {
        let socket: Socket
        do {
            socket = try await Socket.connect(to: address, on: reactor, until: deadline)
        } catch {
            throw .before(.connect, .io(error))
        }
        guard origin.scheme == .https else { return socket }
        do {
            try await socket.startTLS(tls, serverName: origin.host, until: deadline)
        } catch {
            socket.close()
            throw .before(.tls, .io(error))
        }
        return socket
    }

    private func share(of deadline: Deadline, with attempts: Int) -> Deadline {
        guard attempts > 1, deadline < .never else { return deadline }
        let now = Deadline.now
        return Deadline(nanoseconds: now.nanoseconds + deadline.nanoseconds(since: now) / UInt64(attempts))
    }
}

extension ClientError {
    /// Whether another address of the same name would not help.
    fileprivate var isFinal: Bool {
        switch cause {
        case .io(.cancelled), .io(.tls): true
        default: false
        }
    }
}
