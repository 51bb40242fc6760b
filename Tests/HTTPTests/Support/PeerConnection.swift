import Glibc
import Synchronization

/// One accepted connection in the hands of a script: blocking calls that give up after thirty seconds.
final class PeerConnection: Sendable {
    private let descriptor: Int32
    private let isOpen = Mutex(true)
    /// Bytes that came behind what a script has asked for.
    private let ahead = Mutex<[UInt8]>([])

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// - Returns: what came; empty at the end of the stream or after a reset.
    private func receive() throws -> [UInt8] {
        let kept = ahead.withLock { kept in
            let bytes = kept
            kept = []
            return bytes
        }
        guard kept.isEmpty else { return kept }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN { throw PeerError("nothing came in 30 s") }
        return Array(buffer[..<max(count, 0)])
    }

    /// Reads up to and including `mark`.
    func read(through mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var bytes: [UInt8] = []
        while true {
            if let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) {
                let rest = Array(bytes[(end + mark.count)...])
                ahead.withLock { $0 = rest }
                return String(decoding: bytes[..<(end + mark.count)], as: UTF8.self)
            }
            let more = try receive()
            guard !more.isEmpty else { throw PeerError("ended before \(mark) after \(bytes.count) bytes") }
            bytes += more
        }
    }

    /// The head of the next request.
    @discardableResult
    func readHead() throws -> String {
        try read(through: "\r\n\r\n")
    }

    /// The next request with the body that it announces.
    func readRequest() throws {
        let head = try readHead().lowercased()
        guard let length = head.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length: ") }) else { return }
        _ = try read(Int(length.dropFirst(16)) ?? 0)
    }

    func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive()
            guard !more.isEmpty else { throw PeerError("ended after \(bytes.count) of \(count) bytes") }
            bytes += more
        }
        let rest = Array(bytes[count...])
        ahead.withLock { $0 = rest }
        return Array(bytes[..<count])
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw PeerError("the client does not read") }
            sent += count
        }
    }

    /// An answer with its length.
    func answer(_ body: String = "ok", status: String = "200 OK") throws {
        try send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Waits until the client has closed or reset the connection; bytes before that are an error.
    func expectEnd() throws {
        let bytes = try receive()
        guard bytes.isEmpty else { throw PeerError("expected the end, got \(String(decoding: bytes, as: UTF8.self))") }
    }

    /// Reads what the client sends until it closes.
    func readToEnd() throws -> Int {
        var count = 0
        while true {
            let bytes = try receive()
            if bytes.isEmpty { return count }
            count += bytes.count
        }
    }

    /// Ends this side with a FIN; the other may go on.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection with a FIN.
    func close() {
        let mustClose = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if mustClose { Glibc.close(descriptor) }
    }

    /// Ends the connection with a RST.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }
}
