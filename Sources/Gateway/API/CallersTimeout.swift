import HTTP
import Reactor

extension RequestHead {
    /// The header's name, LiteLLM's.
    private static let timeoutField = "x-litellm-timeout"
    /// In seconds: a day. No job takes longer, and the deployment's own `timeout` ends the wait before.
    private static let longestTimeout = 86_400.0

    /// When the caller stops waiting, by `x-litellm-timeout` in seconds; `nil` when he does not say.
    ///
    /// - Throws: `.invalidRequest` for anything but a positive number.
    var callersDeadline: Deadline? {
        get throws(GatewayError) {
            guard let text = fields.first(RequestHead.timeoutField) else { return nil }
            guard let seconds = Double(text), seconds > 0, seconds.isFinite else {
                throw GatewayError(
                    .invalidRequest, "`\(RequestHead.timeoutField)` is a number of seconds above 0.",
                    param: RequestHead.timeoutField, code: "invalid_value")
            }
            return arrived.advanced(by: .seconds(min(seconds, RequestHead.longestTimeout)))
        }
    }
}
