import COpenSSL

/// The last session of each server, so that the next handshake is half as expensive. One loop's.
final class TLSSessions {
    /// Servers remembered at once: fal's hosts are a handful, configured ones not many more.
    private static let capacity = 64

    private var sessions: [String: OpaquePointer] = [:]
    /// Handshakes that were shortened by a kept session.
    private(set) var resumptions = 0

    deinit {
        for session in sessions.values { SSL_SESSION_free(session) }
    }

    func session(for serverName: String) -> OpaquePointer? {
        sessions[serverName]
    }

    func countHandshake(of ssl: OpaquePointer) {
        if SSL_session_reused(ssl) == 1 { resumptions += 1 }
    }

    /// Takes over the reference to `session`.
    func store(_ session: OpaquePointer, for serverName: String) {
        if let older = sessions.removeValue(forKey: serverName) {
            SSL_SESSION_free(older)
        } else if sessions.count == TLSSessions.capacity, let (name, other) = sessions.first {
            sessions[name] = nil
            SSL_SESSION_free(other)
        }
        sessions[serverName] = session
    }
}
