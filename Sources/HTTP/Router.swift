/// Finds who answers a request by its method and path.
///
/// Patterns are as `RoutePattern` describes; of several that fit, the most particular one that has
/// the method is taken, whatever the order they were added in. HEAD goes where GET goes.
package struct Router<Handler> {
    package enum Match {
        case handler(Handler, RouteParameters)
        case notFound
        /// The path exists, for these methods: what the Allow field of a 405 must list.
        case methodNotAllowed(allow: [Method])
    }

    private var table = RouteTable()
    private var handlers: [Handler] = []

    package init() {}

    /// Adds a route: `router.add(.get, "/v1/models/{id...}", handler)`. Two handlers for one method
    /// and path, or a malformed pattern, are mistakes in the program and stop it.
    package mutating func add(_ method: Method, _ pattern: String, _ handler: Handler) {
        table.add(method, pattern)
        handlers.append(handler)
    }

    /// - Parameter path: percent-decoded, as `RequestHead.path`.
    package func match(_ method: Method, _ path: String) -> Match {
        switch table.match(method, path) {
        case .route(let number, let parameters): .handler(handlers[number], RouteParameters(values: parameters))
        case .notFound: .notFound
        case .methodNotAllowed(let methods): .methodNotAllowed(allow: methods)
        }
    }
}

extension Router: Sendable where Handler: Sendable {}

/// What the `{name}` places of a route took from the path.
package struct RouteParameters: Sendable {
    fileprivate let values: [(name: String, value: String)]

    /// Never empty; `nil` when the route has no such place.
    package subscript(name: String) -> String? {
        values.first { $0.name == name }?.value
    }
}
