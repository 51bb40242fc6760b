/// The name fal gives a model: `owner/app`, mostly with a path behind it (`fal-ai/flux-pro/v1.1-ultra`).
///
/// Every endpoint is valid by construction: it can be put into a URL path as it is, and its
/// application is known. The prefix `fal_ai/` of LiteLLM's configurations is not part of it.
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// The full id, as jobs are submitted to it.
    package let id: String

    /// `owner/app`, or `workflows/owner/app`: what status, result and cancel URLs carry. The path
    /// behind the application is never part of them.
    package let queueApp: String

    /// Longest id accepted. fal's longest today has 60 characters.
    package static let maximumLength = 200

    /// The namespaces that shift owner and application by one.
    private static let namespaces: Set<Substring> = ["workflows", "comfy"]

    /// - Throws: `EndpointError`, whose description says what is wrong.
    package init(_ id: String) throws(EndpointError) {
        guard !id.isEmpty else { throw .empty }
        guard id.utf8.count <= Self.maximumLength else { throw .tooLong }
        if let stray = id.unicodeScalars.first(where: { !Self.isAllowed($0) }) { throw .character(stray) }

        let id = Self.withOwner(id)
        let segments = id.split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments {
            // `requests` is where fal's queue keeps jobs: an id through it would name a job.
            guard !segment.isEmpty, segment.contains(where: { $0 != "." }), segment != "requests" else {
                throw .segment(String(segment))
            }
        }
        let appSegments = Self.namespaces.contains(segments[0]) ? 3 : 2
        guard segments.count >= appSegments else { throw .noApplication }
        self.id = id
        queueApp = segments[..<appSegments].joined(separator: "/")
    }

    package var description: String { id }

    /// fal's oldest ids are `1234-name` for `1234/name`; its clients still rewrite them.
    private static func withOwner(_ id: String) -> String {
        guard !id.contains("/"), let dash = id.firstIndex(of: "-") else { return id }
        let owner = id[..<dash]
        let app = id[id.index(after: dash)...]
        guard !owner.isEmpty, owner.allSatisfy({ ("0"..."9").contains($0) }), !app.isEmpty else { return id }
        return "\(owner)/\(app)"
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "/": true
        default: false
        }
    }
}

/// Why a text is not the id of an endpoint.
package enum EndpointError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case tooLong
    case character(Unicode.Scalar)
    case segment(String)
    case noApplication

    package var description: String {
        switch self {
        case .empty: "an endpoint id is owner/app, not an empty text"
        case .tooLong: "an endpoint id has at most \(Endpoint.maximumLength) characters"
        case .character(let scalar):
            "an endpoint id is made of letters, digits, '-', '.', '_' and '/'; U+"
                + String(scalar.value, radix: 16, uppercase: true) + " is none of them"
        case .segment(let segment): "'\(segment)' cannot stand between the slashes of an endpoint id"
        case .noApplication: "an endpoint id names an owner and an application, as in fal-ai/flux"
        }
    }
}
