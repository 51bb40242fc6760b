/// What is wrong with a message before anybody looks at its meaning.
///
/// Status 400, 408, 413, 414, 417, 431, 501, 503 (too many connections) or 505. After most of them it is unknown where the
/// next message would start, so the server answers and closes. For a response that we receive as a
/// client the status only tells the kind of fault (malformed, too large).
package struct ProtocolError: Error, Sendable, Hashable {
    package let status: Int
    /// One line for the log, in plain English, fit for the client as well: it never quotes what
    /// the peer sent.
    package let reason: String

    package init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
    }

    /// There is no place for another connection; nothing is wrong with the message. The only 503.
    package static let tooManyConnections = ProtocolError(status: 503, reason: "too many connections")

    static func malformed(_ reason: String) -> ProtocolError {
        ProtocolError(status: 400, reason: reason)
    }

    static func contentTooLarge(_ reason: String) -> ProtocolError {
        ProtocolError(status: 413, reason: reason)
    }

    static func fieldsTooLarge(_ reason: String) -> ProtocolError {
        ProtocolError(status: 431, reason: reason)
    }

    static func notImplemented(_ reason: String) -> ProtocolError {
        ProtocolError(status: 501, reason: reason)
    }
}

extension ProtocolError: CustomStringConvertible {
    package var description: String { "\(status): \(reason)" }
}
