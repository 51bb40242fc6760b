import CLinux
import Glibc

/// A connected TCP socket, plain or under TLS, on one event loop.
///
/// Non-blocking and registered once, edge-triggered: a read or write is tried at once and the
/// task parks only when the kernel has nothing. One task may read while another writes. Not
/// Sendable: it lives in the isolation of an actor pinned to its loop. Every failure after which
/// the stream is unusable leaves the socket to be closed by its owner.
package final class Socket: EventSource {
    private let reactor: Reactor
    private let readers: Waiter
    private let writers: Waiter
    private var isReadable = false
    private var isWritable = true
    private var isClosed = false
    private var tls: TLSStream?
    /// A TLS read that needs the socket writable first (key update under back-pressure).
    private var readNeedsWritable = false

    /// Whether the peer has closed its side or reset the connection. Bytes may still be unread.
    @exclusivity(unchecked) package private(set) var peerHasHungUp = false

    /// Whether the peer cannot have read all that was written: it has reset the connection, as the kernel does for a
    /// program that ends or closes with bytes unread, or has not acknowledged them. Of a peer that has hung up it is
    /// what was so then: what this side has sent since, as TLS does, has nobody to read it.
    package var hasLostBytes: Bool {
        if peerHasHungUp { return hadLostBytes }
        return !isClosed && clinux_unacknowledged_bytes(descriptor) > 0
    }
    private var hadLostBytes = false

    /// Whether there may be something to read: bytes, the end or an error. `false` is what the kernel said in the
    /// loop's current turn at the earliest; what has come since is not known.
    package var mayHaveInput: Bool { isReadable || peerHasHungUp }

    /// Called once, on the loop, when `peerHasHungUp` turns true. May close the socket.
    package var onHangUp: (() -> Void)?

    /// Takes over `descriptor`, which must be non-blocking.
    init(_ descriptor: Int32, on reactor: Reactor) throws(IOFailure) {
        self.reactor = reactor
        readers = Waiter(on: reactor)
        writers = Waiter(on: reactor)
        super.init(descriptor: descriptor)
        do {
            try reactor.register(
                self, for: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Opens a connection.
    ///
    /// - Throws: `.refused`, `.unreachable`, `.timedOut` (the kernel's limit or `deadline`),
    ///   `.cancelled`, or `.system` when out of descriptors.
    package static func connect(
        to address: SocketAddress, on reactor: Reactor, until deadline: Deadline
    ) async throws(IOFailure) -> Socket {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(address.family, type, 0)
        guard descriptor >= 0 else { throw .last("socket") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withSockAddr { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || clinux_errno() == EINPROGRESS else {
            let failure = IOFailure.last("connect")
            Glibc.close(descriptor)
            throw failure
        }
        let socket = try Socket(descriptor, on: reactor)
        guard result != 0 else { return socket }
        socket.isWritable = false
        do {
            try await socket.waitWritable(until: deadline)
            try socket.throwPendingError()
            return socket
        } catch {
            socket.close()
            throw error
        }
    }

    /// The address at the other end, if the connection still stands.
    package var peerAddress: SocketAddress? {
        SocketAddress(of: descriptor, by: getpeername)
    }

    // MARK: Reading

    /// Suspends until `tryRead` has something to say: bytes, the end, or an error.
    ///
    /// - Throws: `.timedOut`, `.cancelled`, `.closed` when this side closed the socket.
    package func waitReadable(until deadline: Deadline) async throws(IOFailure) {
        while !isReadable {
            if isClosed { throw .closed }
            guard !readNeedsWritable else { return try await waitWritableToRead(until: deadline) }
            try await readers.wait(until: deadline)
        }
    }

    /// Apart from `waitReadable`, whose room every idle connection holds.
    @inline(never)
    private func waitWritableToRead(until deadline: Deadline) async throws(IOFailure) {
        try await waitWritable(until: deadline)
        readNeedsWritable = false
    }

    /// Reads what is there, without waiting.
    ///
    /// - Returns: the number of bytes, 0 at the end of the stream, `nil` when nothing is there yet.
    /// - Throws: `.closed` after a reset, `.tls` when the stream is damaged or cut without notice.
    package func tryRead(into buffer: UnsafeMutableRawBufferPointer) throws(IOFailure) -> Int? {
        if isClosed { throw .closed }
        if let tls { return try interpretRead(tls.read(into: buffer)) }
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 {
                // A short read emptied the kernel's buffer; only a hang-up still has the end to tell.
                if count < buffer.count, !peerHasHungUp { isReadable = false }
                return count
            }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN:
                isReadable = false
                return nil
            default: throw .last("recv")
            }
        }
    }

    private func interpretRead(_ outcome: TLSStream.Outcome) throws(IOFailure) -> Int? {
        switch outcome {
        case .bytes(let count): return count
        case .end: return 0
        case .wantsRead:
            isReadable = false
            return nil
        case .wantsWrite:
            isReadable = false
            isWritable = false
            readNeedsWritable = true
            return nil
        case .failed(let failure): throw failure
        }
    }

    // MARK: Writing

    /// Sends all of `bytes`, suspending only while the kernel's buffer is full.
    ///
    /// - Parameter stall: the longest the peer may accept nothing at all.
    /// - Throws: `.timedOut` after such a stall, `.cancelled`, `.closed`, `.tls`. How much was
    ///   sent by then is unknown to the peer's application: the connection is good for nothing else.
    package func write(_ bytes: [UInt8], stall: Duration) async throws(IOFailure) {
        try await write(bytes[...], stall: stall)
    }

    /// As `write` of an array, without a copy of the part.
    package func write(_ bytes: ArraySlice<UInt8>, stall: Duration) async throws(IOFailure) {
        var rest = bytes
        while !rest.isEmpty {
            if let count = try tryWrite(rest) { rest = rest.dropFirst(count) } else { try await waitToWrite(stall: stall) }
        }
    }

    /// Sends what the kernel takes of `bytes`, without waiting. Most answers fit, and then no room
    /// for a suspended write is ever reserved.
    ///
    /// - Returns: how many bytes that were, `nil` when the kernel's buffer is full: `waitToWrite`.
    /// - Throws: `.closed`, `.tls`, as `write`.
    package func tryWrite(_ bytes: [UInt8]) throws(IOFailure) -> Int? {
        if isClosed { throw .closed }
        return try taken(bytes.withUnsafeBytes { send($0) })
    }

    /// As `tryWrite` of an array.
    package func tryWrite(_ bytes: ArraySlice<UInt8>) throws(IOFailure) -> Int? {
        if isClosed { throw .closed }
        return try taken(bytes.withUnsafeBytes { send($0) })
    }

    /// Suspends until `tryWrite`, which has just returned `nil`, is worth another try.
    ///
    /// - Throws: `.timedOut` after `stall`, `.cancelled`, `.closed`.
    package func waitToWrite(stall: Duration) async throws(IOFailure) {
        // Under TLS a write may have to read first, during a change of keys.
        if isWritable {
            try await waitReadable(until: .after(stall))
        } else {
            try await waitWritable(until: .after(stall))
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> TLSStream.Outcome {
        tls?.write(bytes) ?? sendPlain(bytes)
    }

    /// - Returns: how many bytes the kernel took; `nil` when its buffer is full.
    private func taken(_ outcome: TLSStream.Outcome) throws(IOFailure) -> Int? {
        switch outcome {
        case .bytes(let count): return count
        case .wantsWrite:
            isWritable = false
            return nil
        case .wantsRead:
            isReadable = false
            return nil
        case .end: throw .closed
        case .failed(let failure): throw failure
        }
    }

    private func sendPlain(_ bytes: UnsafeRawBufferPointer) -> TLSStream.Outcome {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN: return .wantsWrite
            default: return .failed(.last("send"))
            }
        }
    }

    private func waitWritable(until deadline: Deadline) async throws(IOFailure) {
        while !isWritable {
            if isClosed { throw .closed }
            try await writers.wait(until: deadline)
        }
    }

    private func throwPendingError() throws(IOFailure) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { throw .last("getsockopt") }
        if code != 0 { throw .of(code, "connect") }
    }

    // MARK: TLS

    /// Makes this the client side of a TLS connection; the server's certificate must be valid for
    /// `serverName`, a DNS name or an IP literal.
    ///
    /// - Throws: `.tls` with the verification error, `.timedOut`, `.cancelled`, `.closed`.
    package func startTLS(
        _ context: TLSClientContext, serverName: String, until deadline: Deadline
    ) async throws(IOFailure) {
        try await handshake(try TLSStream(client: context, serverName: serverName, descriptor: descriptor), deadline)
    }

    /// Makes this the server side of a TLS connection.
    ///
    /// - Throws: `.tls`, `.timedOut`, `.cancelled`, `.closed`.
    package func acceptTLS(_ context: TLSServerContext, until deadline: Deadline) async throws(IOFailure) {
        try await handshake(try TLSStream(server: context, descriptor: descriptor), deadline)
    }

    private func handshake(_ stream: TLSStream, _ deadline: Deadline) async throws(IOFailure) {
        while true {
            if isClosed { throw .closed }
            switch stream.handshake() {
            case .bytes:
                tls = stream
                return
            // Ended by the peer before it was complete: nothing can have been said on it.
            case .end: throw .closed
            case .wantsRead:
                isReadable = false
                try await waitReadable(until: deadline)
            case .wantsWrite:
                isWritable = false
                try await waitWritable(until: deadline)
            case .failed(let failure): throw failure
            }
        }
    }

    // MARK: Ending

    /// Tells the peer that nothing more comes; reading goes on.
    package func shutdownWrite() {
        guard !isClosed else { return }
        tls?.sendCloseNotify()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the connection; whoever waits on it gets `.closed`. Closing twice is harmless.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        onHangUp = nil
        tls?.sendCloseNotify()
        tls = nil
        reactor.unregister(self)
        Glibc.close(descriptor)
        if readers.isOccupied { readers.wake() }
        if writers.isOccupied { writers.wake() }
    }

    override func handle(_ events: UInt32) {
        guard !isClosed else { return }
        let ended = events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        if ended || events & EPOLLIN.rawValue != 0 {
            isReadable = true
            if readers.isOccupied { readers.wake() }
        }
        if events & (EPOLLOUT.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            isWritable = true
            if writers.isOccupied { writers.wake() }
        }
        guard ended, !peerHasHungUp else { return }
        hadLostBytes = events & EPOLLERR.rawValue != 0 || clinux_unacknowledged_bytes(descriptor) > 0
        peerHasHungUp = true
        let report = onHangUp
        onHangUp = nil
        report?()
    }
}
