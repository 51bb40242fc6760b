/// A path with places for parameters: `/v1/models/{id...}`, `/key/{name}/block`.
///
/// `{name}` takes one segment, `{name...}` one or more, in any place but once in a pattern. A
/// parameter is never empty, and a trailing slash is a segment of its own, not decoration.
struct RoutePattern {
    enum Segment: Equatable {
        case literal(Substring)
        case one(name: String)
        case many(name: String)

        /// Fixed text is more particular than one segment, and that than several.
        var rank: Int {
            switch self {
            case .literal: 0
            case .one: 1
            case .many: 2
            }
        }
    }

    let segments: [Segment]

    /// - Parameter text: begins with a slash, and has at most one `{name...}`: anything else is a
    ///   mistake in the program.
    init(_ text: String) {
        precondition(text.first == "/", "a route begins with a slash: \(text)")
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.first == "{", part.last == "}" else { return .literal(part) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .many(name: String(name.dropLast(3))) : .one(name: String(name))
        }
        precondition(segments.filter { $0.rank == 2 }.count <= 1, "a route takes several segments once: \(text)")
    }

    /// Whether there is nothing to capture.
    var isLiteral: Bool { segments.allSatisfy { $0.rank == 0 } }

    /// Whether this pattern is looked at before `other`: the one that is more particular at the
    /// first place where they differ in kind.
    func isMoreParticular(than other: RoutePattern) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) where mine.rank != theirs.rank {
            return mine.rank < theirs.rank
        }
        return segments.count > other.segments.count
    }

    /// The parameters of `path`, cut at its slashes, if it fits.
    func match(_ path: [Substring]) -> [(name: String, value: String)]? {
        let spare = path.count - segments.count
        guard spare >= 0 else { return nil }
        var parameters: [(name: String, value: String)] = []
        var position = 0
        for segment in segments {
            switch segment {
            case .literal(let text):
                guard path[position] == text else { return nil }
                position += 1
            case .one(let name):
                guard !path[position].isEmpty else { return nil }
                parameters.append((name, String(path[position])))
                position += 1
            case .many(let name):
                let taken = path[position...(position + spare)].joined(separator: "/")
                guard !taken.isEmpty else { return nil }
                parameters.append((name, taken))
                position += spare + 1
            }
        }
        return position == path.count ? parameters : nil
    }
}
