import Fal
import JSON
import YAML

/// Keys of `model_info` that say what an endpoint takes, in the form of the profile table.
extension ConfigurationReader {
    /// - Returns: whether `member` is such a key; it is read then, or reported.
    mutating func readOverride(_ member: Member, into model: inout ConfiguredModel) -> Bool {
        guard EndpointProfile.overridableKeys.contains(member.name) else { return false }
        guard let value = json(member.value) else { return true }
        if let problem = EndpointProfile.problem(with: value, for: member.name) {
            error(problem.reason, at: member.value.descendant(problem.path.dropFirst(member.name.count)))
        } else {
            model.overrides[member.name] = value
        }
        return true
    }
}

extension Place {
    /// The place that a path below this one names (`.limits.edge`), or the nearest there is above it.
    fileprivate func descendant(_ path: Substring) -> Place {
        var place = self
        var rest = path.drop { $0 == "." }
        while !rest.isEmpty {
            // A key of the document may have points of its own: the longest that fits is meant.
            guard case .mapping(let entries) = place.node.value,
                let key = entries.compactMap({ $0.key.text }).filter({ rest == $0 || rest.hasPrefix($0 + ".") })
                    .max(by: { $0.count < $1.count }),
                let node = place.node[key]
            else { return place }
            place = Place(node: node, path: place.path(of: key))
            rest = rest.dropFirst(key.count).drop { $0 == "." }
        }
        return place
    }
}

extension YAMLNode {
    fileprivate var text: String? {
        if case .string(let text) = value { text } else { nil }
    }
}
