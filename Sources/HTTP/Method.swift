/// A request method. RFC 9110, section 9. Names are case-sensitive: `get` is `.other("get")`.
package enum Method: Sendable, Hashable {
    case get, head, post, put, delete, options, patch
    /// Any other token.
    case other(String)

    package init(_ name: String) {
        switch name {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        case "PATCH": self = .patch
        default: self = .other(name)
        }
    }

    /// As it stands in a request line.
    package var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .other(let name): name
        }
    }

    /// Whether doing it twice has the effect of doing it once. RFC 9110, section 9.2.2.
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch, .other: false
        }
    }
}

extension Method: CustomStringConvertible {
    package var description: String { name }
}
