/// An endpoint id as fal writes it: `owner/app`, then any path (fal-protocol 1.2).
struct Endpoint: Sendable, Hashable {
    /// As it was asked for.
    let id: String
    /// `owner/app`, with its namespace if it has one: what the addresses of a job carry.
    let application: String
    /// The last part of `application`, as error texts name it.
    let name: String
    /// What follows `application`, without the slash; empty if nothing does.
    let path: String

    /// - Returns: nil for less than an owner and an app, or an empty part.
    init?(segments: some Collection<Substring>) {
        let parts = Array(segments)
        let length = parts.first.map { Self.namespaces.contains(String($0)) } == true ? 3 : 2
        guard parts.count >= length, !parts.contains(where: \.isEmpty) else { return nil }
        id = parts.joined(separator: "/")
        application = parts[..<length].joined(separator: "/")
        name = String(parts[length - 1])
        path = parts[length...].joined(separator: "/")
    }

    private static let namespaces: Set<String> = ["workflows", "comfy"]
}
