/// A `model_name`: a name, or one with a `*` that stands for any text.
package struct ModelPattern: Sendable, Hashable, CustomStringConvertible {
    private let prefix: String
    /// `nil` without a `*`.
    private let suffix: String?

    /// `nil` for an empty text and for more than one `*`.
    package init?(_ text: String) {
        let parts = text.split(separator: "*", omittingEmptySubsequences: false)
        guard !text.isEmpty, let first = parts.first, parts.count <= 2 else { return nil }
        prefix = String(first)
        suffix = parts.count == 2 ? String(parts[1]) : nil
    }

    private init(name: String) {
        prefix = name
        suffix = nil
    }

    /// Stands in for a name that was reported as an error; never part of a configuration.
    static let unreadable = ModelPattern(name: "")

    package var isWildcard: Bool { suffix != nil }

    package var description: String { suffix.map { "\(prefix)*\($0)" } ?? prefix }

    /// What the `*` stands for in this name; empty when it is the name itself; `nil` when it
    /// does not match. Case matters and blanks count, as in LiteLLM.
    package func capture(_ name: String) -> Substring? {
        guard let suffix else { return name == prefix ? "" : nil }
        guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.utf8.count >= prefix.utf8.count + suffix.utf8.count
        else { return nil }
        return name.dropFirst(prefix.count).dropLast(suffix.count)
    }
}

/// A fal endpoint such as `fal-ai/flux/dev`, or one with a `*` that the name fills in.
package struct EndpointPattern: Sendable, Hashable, CustomStringConvertible {
    /// LiteLLM's name of fal, before every model of it.
    package static let provider = "fal_ai/"

    private let text: String
    package let isWildcard: Bool

    /// `nil` unless it is made of letters, digits, `-`, `_`, `.` and at most one `*`, in
    /// segments between slashes of which none is empty or `..`: it becomes the path of a URL.
    package init?(_ text: String) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        let stars = text.utf8.count { $0 == UInt8(ascii: "*") }
        let isClean = segments.allSatisfy { segment in
            !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.allSatisfy(Self.isAllowed)
        }
        guard stars <= 1, isClean else { return nil }
        self.text = text
        isWildcard = stars == 1
    }

    private init(name: String) {
        text = name
        isWildcard = false
    }

    /// Stands in for an endpoint that was reported as an error; never part of a configuration.
    static let unreadable = EndpointPattern(name: "")

    package var description: String { text }

    /// The endpoint itself when it has no `*`.
    package var endpoint: String? { isWildcard ? nil : text }

    /// The endpoint for a request whose name left `captured` for the `*`. A `fal_ai/` in
    /// front of it, as under `model_name: "*"`, is not part of the endpoint.
    ///
    /// - Returns: `nil` when the result is no endpoint.
    package func endpoint(capturing captured: Substring) -> String? {
        guard isWildcard else { return text }
        let provider = Self.provider
        let name = captured.hasPrefix(provider) ? captured.dropFirst(provider.count) : captured
        let parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        let filled = parts.joined(separator: String(name))
        return EndpointPattern(filled).flatMap(\.endpoint)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "*"): true
        default: false
        }
    }
}
