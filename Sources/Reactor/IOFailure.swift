import CLinux
import Glibc

/// Everything that can end a wait, a read, a write or a connection attempt early.
package enum IOFailure: Error, Sendable, Equatable {
    /// The deadline passed first.
    case timedOut
    /// The task was cancelled.
    case cancelled
    /// The peer reset the connection, or the socket was closed on this side.
    case closed
    /// Nobody listens at the address.
    case refused
    /// No route to the address.
    case unreachable
    /// The name has no address; `reason` is the resolver's own text.
    case unresolvable(host: String, reason: String)
    /// The TLS handshake or the TLS stream failed; the text names the verification error where there is one.
    case tls(String)
    /// Any other system call error.
    case system(operation: String, errno: Int32)

    /// What the last failed system call means.
    static func last(_ operation: String) -> IOFailure {
        of(clinux_errno(), operation)
    }

    static func of(_ code: Int32, _ operation: String) -> IOFailure {
        switch code {
        case ECONNREFUSED: .refused
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL: .unreachable
        case ECONNRESET, EPIPE, ENOTCONN, ECONNABORTED, EBADF: .closed
        case ETIMEDOUT: .timedOut
        default: .system(operation: operation, errno: code)
        }
    }
}

extension IOFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .closed: "connection closed by the peer"
        case .refused: "connection refused"
        case .unreachable: "address unreachable"
        case .unresolvable(let host, let reason): "cannot resolve \(host): \(reason)"
        case .tls(let text): "TLS: \(text)"
        case .system(let operation, let code): "\(operation): \(String(cString: strerror(code)))"
        }
    }
}
