/// Why a request is not taken for a webhook of fal's.
package enum WebhookRefusal: Error, Sendable, Equatable {
    /// A field is missing, there twice, or too long.
    case field(String)
    /// The timestamp or the signature cannot be read.
    case malformed(String)
    /// Sent further from the present than fal's window, in seconds; negative is the future. An old
    /// delivery that is sent again by somebody who has seen it, or a clock that is wrong.
    case stale(seconds: Int)
    /// None of fal's keys has made the signature.
    case notSigned
    /// fal's keys cannot be had at the moment: to be sent again later.
    case keysUnavailable(String)
    /// Signed by fal, and no webhook that is known.
    case unreadable(String)

    /// The status to answer with. fal sends again whatever is not 2xx, so a delivery that meets an
    /// outage of ours is not lost.
    package var status: Int {
        switch self {
        case .field, .malformed, .unreadable: 400
        case .stale, .notSigned: 401
        case .keysUnavailable: 503
        }
    }
}

extension WebhookRefusal: CustomStringConvertible {
    /// For the log. Nothing that a stranger wrote is in it but numbers.
    package var description: String {
        switch self {
        case .field(let name): "not a webhook of fal's: \(name) is missing, repeated or too long"
        case .malformed(let what): "not a webhook of fal's: \(what) cannot be read"
        case .stale(let seconds): "a webhook sent \(seconds) s ago; the window is \(SignedWebhook.window) s. Is the clock right?"
        case .notSigned: "a webhook that fal has not signed"
        case .keysUnavailable(let reason): "fal's webhook keys cannot be had: \(reason)"
        case .unreadable(let reason): "a webhook of fal's that makes no sense: \(reason)"
        }
    }
}
