/// How the body of a message ends. RFC 9112, section 6.3.
///
/// Two lengths, a length beside `chunked`, or a coding other than a final `chunked` are how
/// requests are smuggled past a front proxy (section 11.2). All of them are refused and the
/// connection is closed, because where the next message starts is no longer known. The same holds
/// for responses: an answer whose end is in doubt is no answer.
enum BodyFraming: Equatable {
    case none
    case length(Int)
    case chunked
    /// Everything up to the end of the connection; responses only.
    case untilClose

    /// - Throws: 400, 413 for a length nobody can count, 501 for codings before `chunked`.
    init(request fields: ControlFields, minorVersion: Int) throws(ProtocolError) {
        guard let framing = try BodyFraming.explicit(fields, minorVersion) else {
            self = .none
            return
        }
        self = framing == .length(0) ? .none : framing
    }

    /// - Parameter method: of the request that `head` answers: HEAD never has a body.
    /// - Throws: as for requests.
    init(response head: ResponseHead, _ fields: ControlFields, to method: Method) throws(ProtocolError) {
        let isBodiless = method == .head || head.status < 200 || head.status == 204 || head.status == 304
        if isBodiless {
            self = .none
        } else {
            self = try BodyFraming.explicit(fields, head.minorVersion) ?? .untilClose
        }
    }

    private static func explicit(_ fields: ControlFields, _ minorVersion: Int) throws(ProtocolError) -> BodyFraming? {
        guard fields.coding == .absent || fields.length == .absent else {
            throw .malformed("Content-Length beside Transfer-Encoding")
        }
        switch (fields.coding, fields.length) {
        case (.chunked, _):
            guard minorVersion >= 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
            return .chunked
        case (.unknown, _): throw .notImplemented("a transfer coding other than chunked")
        case (.malformed, _): throw .malformed("Transfer-Encoding must be chunked, once")
        case (.absent, .absent): return nil
        case (.absent, .bytes(let count)): return .length(count)
        case (.absent, .malformed): throw .malformed("Content-Length must be one decimal number")
        case (.absent, .tooLarge): throw .contentTooLarge("Content-Length is beyond counting")
        }
    }
}
