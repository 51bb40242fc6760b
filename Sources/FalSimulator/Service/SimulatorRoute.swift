import HTTP

/// Which of fal's hosts and operations a request is for.
///
/// One server stands for all of them. The queue is at `/`, so that it can be the `api_base` of a
/// configuration; any host can be named by a first segment that is its name: `/fal.run/…` is the
/// synchronous run, `/queue.fal.run/…` the queue again. The CDN is at `/files/…`, fal's site with the
/// documents at `/` and `/fal.ai/…`, its platform API at `/` and `/api.fal.ai/…`, the webhooks' keys
/// at `/` and `/rest.fal.ai/…`.
enum SimulatorRoute: Equatable {
    case submit(Endpoint)
    case run(Endpoint)
    case job(Fault.Route, id: String, application: String)
    case picture(hex: String, name: String)
    /// An endpoint's OpenAPI document.
    case document
    /// The price list.
    case prices
    /// The keys that webhooks are signed with.
    case webhookKeys
    case administration([String])
    case nothing

    /// - Parameter target: as sent; segments are decoded one by one, so that an id may contain
    ///   an encoded slash.
    init(target: String) {
        let end = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        var segments = PercentEncoding.segments(of: target[..<end])
        switch segments.first {
        case "_simulator": self = .administration(segments.dropFirst().map(String.init))
        case "files": self = Self.picture(segments)
        case "fal.ai", "api.fal.ai", "rest.fal.ai": self = Self.published(segments.dropFirst())
        case "api", "v1", ".well-known": self = Self.published(segments[...])
        case "fal.run": self = Endpoint(segments: segments.dropFirst()).map(Self.run) ?? .nothing
        case "queue.fal.run":
            segments.removeFirst()
            self = Self.queue(segments)
        default: self = Self.queue(segments)
        }
    }

    /// The methods that the route takes; fal answers 405 to all others.
    var methods: [Method] {
        switch self {
        case .submit, .run: [.post]
        case .job(.cancel, _, _): [.put]
        case .job, .picture, .document, .prices, .webhookKeys: [.get, .head]
        case .administration, .nothing: [.get, .head, .post, .put, .delete]
        }
    }

    /// As `/_simulator/requests` and the counters name it.
    var name: String {
        switch self {
        case .submit: "submit"
        case .run: "run"
        case .job(let route, _, _): route.name
        case .picture: "image"
        case .document: "document"
        case .prices: "prices"
        case .webhookKeys: "jwks"
        case .administration: "administration"
        case .nothing: "nothing"
        }
    }

    /// An application may be called `api` or `v1`: what is no route of fal's is the queue's.
    private static func published(_ segments: ArraySlice<Substring>) -> SimulatorRoute {
        switch segments.joined(separator: "/") {
        case "api/openapi/queue/openapi.json": .document
        case "v1/models/pricing": .prices
        case ".well-known/jwks.json": .webhookKeys
        default: queue(Array(segments))
        }
    }

    private static func queue(_ segments: [Substring]) -> SimulatorRoute {
        // The last one, since an endpoint may have the word in its path.
        guard let mark = segments.lastIndex(of: "requests"), mark >= 2, mark + 1 < segments.count else {
            return Endpoint(segments: segments[...]).map(submit) ?? .nothing
        }
        guard let application = Endpoint.application(of: segments[..<mark]),
            let route = operation(segments[(mark + 2)...])
        else { return .nothing }
        return .job(route, id: String(segments[mark + 1]), application: application)
    }

    private static func operation(_ rest: ArraySlice<Substring>) -> Fault.Route? {
        switch (rest.count, rest.first ?? "") {
        case (0, _), (1, "response"): .result
        case (1, "status"): .status
        case (2, "status") where rest.last == "stream": .stream
        case (1, "cancel"): .cancel
        default: nil
        }
    }

    private static func picture(_ segments: [Substring]) -> SimulatorRoute {
        guard segments.count == 4, segments[1] == "b" else { return .nothing }
        return .picture(hex: String(segments[2]), name: String(segments[3]))
    }
}

extension Fault.Route {
    var name: String {
        switch self {
        case .submit: "submit"
        case .status: "status"
        case .stream: "stream"
        case .result: "result"
        case .cancel: "cancel"
        case .image: "image"
        case .run: "run"
        }
    }
}
