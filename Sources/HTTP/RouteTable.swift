/// Finds the route of a request by number. Routes without parameters are found by one look-up.
struct RouteTable {
    struct Entry {
        let method: Method
        let pattern: RoutePattern
        let number: Int
    }

    enum Match {
        case route(Int, [(name: String, value: String)])
        case notFound
        case methodNotAllowed([Method])
    }

    private var literal: [String: [Entry]] = [:]
    /// The others, most particular first.
    private var captured: [Entry] = []
    private var count = 0

    /// Adds a route, whose number is how many there were before.
    mutating func add(_ method: Method, _ path: String) {
        let entry = Entry(method: method, pattern: RoutePattern(path), number: count)
        count += 1
        if entry.pattern.isLiteral {
            precondition(!literal[path, default: []].contains { $0.method == method }, "two routes for \(method) \(path)")
            literal[path, default: []].append(entry)
        } else {
            let position = captured.firstIndex { entry.pattern.isMoreParticular(than: $0.pattern) }
            captured.insert(entry, at: position ?? captured.endIndex)
        }
    }

    func match(_ method: Method, _ path: String) -> Match {
        var allowed: [Method] = []
        for entry in literal[path] ?? [] {
            if RouteTable.serves(entry.method, method) { return .route(entry.number, []) }
            RouteTable.allow(entry.method, in: &allowed)
        }
        guard !captured.isEmpty, path.utf8.first == UInt8(ascii: "/") else {
            return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
        }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for entry in captured {
            guard let parameters = entry.pattern.match(segments) else { continue }
            if RouteTable.serves(entry.method, method) { return .route(entry.number, parameters) }
            RouteTable.allow(entry.method, in: &allowed)
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed)
    }

    /// HEAD is GET whose answer has no body: RFC 9110, section 9.3.2.
    private static func serves(_ route: Method, _ asked: Method) -> Bool {
        route == asked || (route == .get && asked == .head)
    }

    private static func allow(_ method: Method, in allowed: inout [Method]) {
        let methods: [Method] = method == .get ? [.get, .head] : [method]
        for method in methods where !allowed.contains(method) { allowed.append(method) }
    }
}
