import Dispatch
import Glibc

struct PeerError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A server on 127.0.0.1 that does exactly what a test says: the n-th script has the n-th
/// connection, on a thread of its own with blocking calls. A connection without a script is a failure.
final class ScriptedPeer: Sendable {
    typealias Script = @Sendable (PeerConnection) throws -> Void

    let port: UInt16
    private let listener: Int32
    /// Holds the port while nobody listens on it: a port given free would soon be another test's.
    private let reservation: Int32
    private let outstanding = Outstanding()
    private let accepting: Bool

    /// - Parameter accepting: a peer that does not leaves its connections in the backlog.
    init(backlog: Int32 = 64, accepting: Bool = true, _ scripts: [Script] = []) throws {
        (reservation, port) = try Self.bound(to: 0)
        listener = try Self.bound(to: port).descriptor
        self.accepting = accepting
        guard listen(listener, backlog) == 0 else { throw PeerError("cannot listen") }
        if accepting { serve(scripts) }
    }

    deinit {
        Glibc.close(reservation)
    }

    private static func bound(to port: UInt16) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw PeerError("cannot bind") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func serve(_ scripts: [Script]) {
        let outstanding = outstanding
        let listener = listener
        for _ in scripts { outstanding.begin() }
        // One more for the accepting thread: the descriptor may be closed when it is done with it.
        outstanding.begin()
        DispatchQueue(label: "peer").async {
            var left = scripts[...]
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { break }
                let connection = PeerConnection(descriptor)
                guard let script = left.popFirst() else {
                    outstanding.begin()
                    connection.close()
                    outstanding.end("a connection that no script expects")
                    continue
                }
                DispatchQueue(label: "script").async {
                    do {
                        try script(connection)
                        connection.close()
                        outstanding.end(nil)
                    } catch {
                        connection.close()
                        outstanding.end("\(error)")
                    }
                }
            }
            for _ in left { outstanding.end("a script without a connection") }
            outstanding.end(nil)
        }
    }

    /// Refuses further connections. Called by `finish`.
    func stopListening() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Waits for every script to end.
    ///
    /// - Returns: what went wrong in them.
    func finish() async -> [String] {
        // Who has connected is in the backlog; one who is not accepted yet would be reset.
        var backlog = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        while accepting, poll(&backlog, 1, 0) == 1, backlog.revents == Int16(POLLIN) { await Task.yield() }
        stopListening()
        let failures = await outstanding.wait()
        Glibc.close(listener)
        return failures
    }
}
