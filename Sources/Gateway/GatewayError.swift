/// A failed request: what the caller may know, and what the operator's log needs beside it.
package struct GatewayError: Error, Sendable, Equatable {
    package let kind: ErrorKind
    /// For the caller: what was wrong and what to do. Never names a key or an upstream address.
    package let message: String
    /// The field at fault, as a dotted path.
    package var param: String?
    /// `error.code`; fal's own error type where fal named one.
    package var code: String
    /// The HTTP status; the kind's own unless the message said otherwise.
    package var status: Int
    /// For the log alone.
    package var detail: String?
    /// Seconds after which another attempt makes sense.
    package var retryAfter: Int?
    /// The request whose answer can still be fetched; stands in the body, too.
    package var requestID: String?
    /// The methods that a path is served for, where that was the trouble.
    package var allowedMethods: [String]?

    package init(
        _ kind: ErrorKind, _ message: String, param: String? = nil, code: String? = nil, status: Int? = nil,
        detail: String? = nil, retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.message = message
        self.param = param
        self.code = code ?? kind.rawValue
        self.status = status ?? kind.status
        self.detail = detail
        self.retryAfter = retryAfter
    }
}

extension GatewayError {
    static let missingKey = GatewayError(
        .invalidKey, "No API key was sent. Send the gateway's key as `Authorization: Bearer <key>`.")

    static func malformedKey(header: String) -> GatewayError {
        GatewayError(.invalidKey, "The key in `\(header)` must be written `Bearer <key>`.")
    }

    static let wrongKey = GatewayError(.invalidKey, "The API key that was sent is not a key of this gateway.")

    /// - Parameter what: `from a web page`.
    static func foreignPage(_ what: String) -> GatewayError {
        GatewayError(
            .foreignPage,
            "This gateway has no master key, and so takes no requests \(what): a browser would make them for anybody. Ask under `localhost` or an IP address, or set `general_settings.master_key` and send it.")
    }

    static func routeNotFound(_ path: String) -> GatewayError {
        GatewayError(.routeNotFound, "Nothing is served at \(path.debugDescription).")
    }

    static func methodNotAllowed(_ path: String, allowed: [String]) -> GatewayError {
        var error = GatewayError(
            .methodNotAllowed, "\(path.debugDescription) is served for \(allowed.joined(separator: ", ")) only.")
        error.allowedMethods = allowed
        return error
    }

    static func modelNotFound(_ model: String) -> GatewayError {
        GatewayError(
            .modelNotFound, "The model \(model.debugDescription) does not exist. GET /v1/models lists those that do.",
            param: "model")
    }

    static func tooManyRequests(limit: Int) -> GatewayError {
        GatewayError(
            .tooManyRequests, "\(limit) requests are running, which is as many as max_parallel_requests allows.",
            retryAfter: 1)
    }

    static let hungUp = GatewayError(.clientGone, "The caller hung up before the answer.")

    /// The same, with the id under which the answer can be fetched.
    func naming(request id: RequestID) -> GatewayError {
        var error = self
        error.requestID = id.text
        return error
    }

    static let shuttingDown = GatewayError(.shuttingDown, "The gateway is shutting down.", retryAfter: 5)
}
