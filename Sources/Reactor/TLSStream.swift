import COpenSSL
import Glibc

/// One TLS connection over a non-blocking descriptor.
final class TLSStream {
    enum Outcome {
        case bytes(Int)
        case end
        case wantsRead
        case wantsWrite
        case failed(IOFailure)
    }

    private let ssl: OpaquePointer
    /// Where a client's session tickets go, under which name.
    private let sessions: TLSSessions?
    private let serverName: String

    /// - Throws: `.tls` when OpenSSL cannot set the connection up.
    convenience init(
        client context: TLSClientContext, serverName: String, descriptor: Int32
    ) throws(IOFailure) {
        try self.init(try context.make(), sessions: context.sessions, serverName: serverName, descriptor: descriptor)
        let isLiteral = SocketAddress(ip: serverName, port: 0) != nil
        let verified =
            isLiteral
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
            : SSL_set1_host(ssl, serverName)
        guard verified == 1 else { throw TLSError.latest() }
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        // RFC 6066, section 3: literal addresses are not permitted in the server name.
        if !isLiteral, copenssl_set_tlsext_host_name(ssl, serverName) != 1 { throw TLSError.latest() }
        if let session = context.sessions.session(for: serverName) { SSL_set_session(ssl, session) }
        SSL_set_connect_state(ssl)
    }

    /// - Throws: `.tls` when OpenSSL cannot set the connection up.
    convenience init(server context: TLSServerContext, descriptor: Int32) throws(IOFailure) {
        try self.init(try context.make(), sessions: nil, serverName: "", descriptor: descriptor)
        SSL_set_accept_state(ssl)
    }

    private init(_ ssl: OpaquePointer, sessions: TLSSessions?, serverName: String, descriptor: Int32) throws(IOFailure)
    {
        self.ssl = ssl
        self.sessions = sessions
        self.serverName = serverName
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw TLSError.latest() }
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        // Without a shutdown, quiet or not, OpenSSL marks the session as not resumable.
        SSL_set_quiet_shutdown(ssl, 1)
        SSL_shutdown(ssl)
        SSL_free(ssl)
    }

    func handshake() -> Outcome {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        guard result == 1 else { return outcome(of: result) }
        sessions?.countHandshake(of: ssl)
        return .bytes(0)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let result = SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        return result > 0 ? .bytes(Int(result)) : outcome(of: result)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        ERR_clear_error()
        let result = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        return result > 0 ? .bytes(Int(result)) : outcome(of: result)
    }

    /// Tells the peer that the end is meant, as far as the kernel takes it at once.
    func sendCloseNotify() {
        ERR_clear_error()
        SSL_shutdown(ssl)
    }

    /// Keeps a session that the server offered, for the next connection to the same name.
    func keep(_ session: OpaquePointer) -> Bool {
        guard let sessions else { return false }
        sessions.store(session, for: serverName)
        return true
    }

    private func outcome(of result: Int32) -> Outcome {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SYSCALL where ERR_peek_error() == 0: return .failed(.closed)
        default:
            let verification = SSL_get_verify_result(ssl)
            guard verification == Int(X509_V_OK) else {
                return .failed(.tls(String(cString: X509_verify_cert_error_string(verification))))
            }
            return .failed(TLSError.latest())
        }
    }
}

enum TLSError {
    /// The newest error of this thread's OpenSSL queue, as text.
    static func latest() -> IOFailure {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        return .tls(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
