package import Reactor

/// Why a request has no (whole) answer.
package struct ClientError: Error, Sendable, Equatable {
    /// How far the exchange had come.
    package enum Stage: String, Sendable {
        /// In line for a connection.
        case wait
        case resolve, connect, tls
        /// While the request was sent.
        case send
        /// Between the end of the request and the end of the answer's head.
        case head
        case body
        /// A bound of this side was reached: the line was full, the body too large.
        case limit
    }

    package enum Cause: Sendable, Equatable {
        case io(IOFailure)
        /// The connection ended before the answer did.
        case endedEarly
        /// The answer breaks the protocol, or is not one that was asked for.
        case malformed(ProtocolError)
        /// The body is compressed, though nothing but `identity` was accepted.
        case encoded(String)
        case bodyTooLarge(limit: Int)
        case tooManyWaiting(limit: Int)
        /// None of the name's addresses may be connected to.
        case addressRefused(SocketAddress)
    }

    package let stage: Stage
    package let cause: Cause
    /// Whether the server can have acted on the request: true from the moment its first byte was
    /// given to the kernel, however little came back. It is the same for every method; whether
    /// doing it twice does harm is for the method and its owner to say. False is a promise: no
    /// byte of the request has left.
    package let serverMayHaveActed: Bool
    /// The status of the answer, where its head was read.
    package let status: Int?

    package init(_ stage: Stage, _ cause: Cause, serverMayHaveActed: Bool, status: Int? = nil) {
        self.stage = stage
        self.cause = cause
        self.serverMayHaveActed = serverMayHaveActed
        self.status = status
    }

    /// Before the request: nothing has left.
    static func before(_ stage: Stage, _ cause: Cause) -> ClientError {
        ClientError(stage, cause, serverMayHaveActed: false)
    }

    /// After its first byte.
    static func after(_ stage: Stage, _ cause: Cause, status: Int? = nil) -> ClientError {
        ClientError(stage, cause, serverMayHaveActed: true, status: status)
    }

    /// Whether a deadline ended it.
    package var isTimeout: Bool { cause == .io(.timedOut) }
    /// Whether the caller's own cancellation ended it.
    package var isCancellation: Bool { cause == .io(.cancelled) }

    /// Whether the connection was lost, as happens to a kept one that the server has closed.
    var isLostConnection: Bool {
        switch cause {
        case .endedEarly: true
        case .io(let failure): failure != .timedOut && failure != .cancelled
        default: false
        }
    }

    /// This error, where an earlier attempt may have had an effect.
    var afterEarlierAttempt: ClientError {
        ClientError(stage, cause, serverMayHaveActed: true, status: status)
    }
}

extension ClientError: CustomStringConvertible {
    /// One line for the log: `head: timed out`.
    package var description: String { "\(stage.rawValue): \(cause)" }
}

extension ClientError.Cause: CustomStringConvertible {
    package var description: String {
        switch self {
        case .io(let failure): failure.description
        case .endedEarly: "the connection ended before the answer did"
        case .malformed(let error): "malformed answer: \(error.reason)"
        case .encoded(let coding): "the body is encoded (\(coding)) without being asked to"
        case .bodyTooLarge(let limit): "a body of over \(limit) bytes"
        case .tooManyWaiting(let limit): "\(limit) requests are waiting for a connection already"
        case .addressRefused(let address): "connecting to \(address) is not allowed"
        }
    }
}
