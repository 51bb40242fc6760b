import COpenSSL
import Glibc
import Synchronization

/// What every TLS connection of this process shares, whichever side it is.
private func makeContext(_ method: OpaquePointer?) throws(IOFailure) -> OpaquePointer {
    guard let context = SSL_CTX_new(method) else { throw TLSError.latest() }
    _ = copenssl_ctx_set_min_proto_version(context, TLS1_2_VERSION)
    // A buffer that moves between attempts, part of a write taken, no 34 KB held while idle.
    let modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    _ = copenssl_ctx_set_mode(context, Int(modes))
    // OpenSSL writes to the socket with write(2), which has no MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    return context
}

/// The client side's settings on one loop: TLS 1.2 or newer, the server's certificate and name
/// verified, sessions resumed. Not Sendable.
///
/// Certificates are read at the first connection, not before: a gateway that never speaks TLS
/// spends neither the time nor the memory.
package final class TLSClientContext {
    private let certificateFile: String?
    private var context: OpaquePointer?
    let sessions = TLSSessions()

    /// - Parameter certificateFile: a PEM file of authorities to trust instead of the system's
    ///   store. Without it `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured, as OpenSSL does.
    package init(certificateFile: String? = nil) {
        self.certificateFile = certificateFile
    }

    deinit {
        if let context { SSL_CTX_free(context) }
    }

    /// A new connection's state.
    ///
    /// - Throws: `.tls` when the authorities cannot be loaded.
    func make() throws(IOFailure) -> OpaquePointer {
        guard let ssl = SSL_new(try loaded()) else { throw TLSError.latest() }
        return ssl
    }

    private func loaded() throws(IOFailure) -> OpaquePointer {
        if let context { return context }
        let new = try makeContext(TLS_client_method())
        SSL_CTX_set_verify(new, SSL_VERIFY_PEER, nil)
        let trusted =
            certificateFile.map { SSL_CTX_load_verify_locations(new, $0, nil) }
            ?? SSL_CTX_set_default_verify_paths(new)
        guard trusted == 1 else {
            SSL_CTX_free(new)
            throw .tls("cannot load the certificate authorities of \(certificateFile ?? "the system store")")
        }
        _ = copenssl_ctx_set_session_cache_mode(new, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE))
        // TLS 1.3 tickets come after the handshake. Answering 1 keeps OpenSSL's reference for us.
        SSL_CTX_sess_set_new_cb(new) { ssl, session in
            guard let ssl, let session, let owner = SSL_get_ex_data(ssl, 0) else { return 0 }
            return Unmanaged<TLSStream>.fromOpaque(owner).takeUnretainedValue().keep(session) ? 1 : 0
        }
        context = new
        return new
    }
}

/// The server side's settings: TLS 1.2 or newer with forward secrecy, HTTP/1.1 by ALPN.
package final class TLSServerContext: Sendable {
    private final class Context: @unchecked Sendable {
        // @unchecked: an SSL_CTX may be used by all threads once it is set up, and is not changed then.
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) {
            self.pointer = pointer
        }

        deinit {
            SSL_CTX_free(pointer)
        }
    }

    private let current: Mutex<Context>

    /// - Parameters:
    ///   - certificateFile: PEM, the server's certificate first, then its chain.
    ///   - keyFile: PEM, the private key that belongs to it.
    /// - Throws: `.tls` naming the file that cannot be used.
    package init(certificateFile: String, keyFile: String) throws(IOFailure) {
        let owner = Context(try makeContext(TLS_server_method()))
        let context = owner.pointer
        // A key with a passphrase is refused. OpenSSL would ask for it at the terminal, and wait there.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
        guard SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
            throw .tls("cannot use the certificate file \(certificateFile): \(TLSError.latest())")
        }
        guard SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_check_private_key(context) == 1
        else {
            throw .tls("cannot use the private key file \(keyFile) with \(certificateFile): \(TLSError.latest())")
        }
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")
        // The order above decides, not the client's; one without AES in hardware, which puts ChaCha20
        // first, gets that.
        copenssl_ctx_prefer_own_ciphers(context)
        SSL_CTX_set_alpn_select_cb(context, { _, chosen, length, offered, count, _ in
            TLSServerContext.chooseHTTP11(chosen, length, offered, count)
        }, nil)
        current = Mutex(owner)
    }

    /// From now on handshakes are made with the certificate and key of `other`. Connections that are
    /// open, or in their handshake, keep what they began with.
    package func adopt(_ other: TLSServerContext) {
        let new = other.current.withLock { $0 }
        current.withLock { $0 = new }
    }

    func make() throws(IOFailure) -> OpaquePointer {
        // OpenSSL counts the connection as one who needs the context.
        let context = current.withLock { $0 }
        guard let ssl = SSL_new(context.pointer) else { throw TLSError.latest() }
        return ssl
    }

    /// RFC 7301, section 3.2: `http/1.1`, or the end of the handshake. Whoever offers other protocols
    /// alone was not looking for this server, and may have been led here.
    private static func chooseHTTP11(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ length: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ count: UInt32
    ) -> Int32 {
        guard let offered else { return SSL_TLSEXT_ERR_NOACK }
        var index = 0
        while index < Int(count) {
            let size = Int(offered[index])
            let name = UnsafeBufferPointer(start: offered + index + 1, count: min(size, Int(count) - index - 1))
            if name.elementsEqual("http/1.1".utf8) {
                chosen?.pointee = offered + index + 1
                length?.pointee = UInt8(size)
                return SSL_TLSEXT_ERR_OK
            }
            index += size + 1
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
