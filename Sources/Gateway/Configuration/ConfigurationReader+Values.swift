import JSON
import Money
import YAML

/// Values of one type each: what is not of that type is reported and gives `nil`.
///
/// Where LiteLLM's own types convert a text into a number or a boolean, so do these: a value
/// that comes from the environment is always text. No message repeats a value.
extension ConfigurationReader {
    /// The members of a mapping; reports anything that is none and keys that are no text.
    mutating func members(of place: Place) -> [Member] {
        guard case .mapping(let entries) = place.node.value else {
            error("this must be a mapping, not \(kind(of: place.node))", at: place)
            return []
        }
        var members: [Member] = []
        for entry in entries {
            guard case .string(let name) = entry.key.value else {
                let key = Place(node: entry.key, path: place.path)
                error("a key must be text, not \(kind(of: entry.key)): put quotes around it", at: key)
                continue
            }
            let value = Place(node: entry.value, path: place.path(of: name))
            members.append(Member(name: name, keyPosition: entry.key.position, value: value))
        }
        return members
    }

    mutating func elements(of place: Place) -> [Place]? {
        guard case .sequence(let items) = place.node.value else {
            error("this must be a list, not \(kind(of: place.node))", at: place)
            return nil
        }
        return items.indices.map { place.element($0, of: items) }
    }

    /// Text, with `os.environ/NAME` replaced by the value of that variable.
    mutating func text(_ place: Place) -> String? {
        guard case .string(let text) = place.node.value else {
            error("this must be text, not \(kind(of: place.node)): put quotes around it", at: place)
            return nil
        }
        return resolved(text, at: place)
    }

    mutating func nonEmptyText(_ place: Place) -> String? {
        guard let text = text(place) else { return nil }
        guard !text.isEmpty else {
            error("this must not be empty", at: place)
            return nil
        }
        return text
    }

    mutating func flag(_ place: Place) -> Bool? {
        switch place.node.value {
        case .bool(let isTrue): return isTrue
        case .string(let text):
            guard let text = resolved(text, at: place) else { return nil }
            switch text.lowercased() {
            case "true": return true
            case "false": return false
            default: break
            }
        default: break
        }
        error("this must be true or false", at: place)
        return nil
    }

    mutating func integer(_ place: Place, in range: ClosedRange<Int>) -> Int? {
        guard let lexeme = number(place) else { return nil }
        guard let value = Int(lexeme) else {
            error("this must be a whole number", at: place)
            return nil
        }
        guard range.contains(value) else {
            let bounds = range.upperBound == .max ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
            error("this must be \(bounds)", at: place)
            return nil
        }
        return value
    }

    mutating func decimal(_ place: Place) -> Double? {
        guard let lexeme = number(place) else { return nil }
        guard let value = Double(lexeme), value.isFinite, value >= 0 else {
            error("this must be 0 or more", at: place)
            return nil
        }
        return value
    }

    /// Seconds, more than 0 and at most a week: longer than any job of fal's lives.
    mutating func seconds(_ place: Place) -> Duration? {
        guard let lexeme = number(place) else { return nil }
        guard let value = Double(lexeme), value >= 0.001, value <= 604_800 else {
            error("this must be a number of seconds, more than 0 and at most 604800", at: place)
            return nil
        }
        return .milliseconds(Int64((value * 1000).rounded()))
    }

    /// Dollars, exactly as written.
    mutating func price(_ place: Place) -> UnitPrice? {
        guard let lexeme = number(place) else { return nil }
        guard let price = UnitPrice(dollars: lexeme) else {
            error("this must be a number of dollars, 0 or more", at: place)
            return nil
        }
        return price
    }

    /// The digits of a number, or of a text that is one.
    private mutating func number(_ place: Place) -> String? {
        switch place.node.value {
        case .integer(let lexeme), .float(let lexeme): return lexeme
        case .string(let text):
            guard let text = resolved(text, at: place) else { return nil }
            if JSONNumber(lexeme: text) != nil { return text }
        default: break
        }
        error("this must be a number, not \(kind(of: place.node))", at: place)
        return nil
    }

    /// Any value as JSON, with `os.environ/NAME` replaced in every text of it.
    mutating func json(_ place: Place) -> JSONValue? {
        switch place.node.value {
        case .null: return .null
        case .bool(let isTrue): return .bool(isTrue)
        case .integer(let lexeme), .float(let lexeme):
            guard let number = JSONNumber(lexeme: lexeme) else {
                error("JSON has no such number", at: place)
                return nil
            }
            return .number(number)
        case .string: return text(place).map(JSONValue.string)
        case .sequence:
            var values: [JSONValue] = []
            for element in elements(of: place) ?? [] {
                if let value = json(element) { values.append(value) }
            }
            return .array(values)
        case .mapping: return .object(object(place))
        }
    }

    mutating func object(_ place: Place) -> JSONObject {
        var object = JSONObject()
        for member in members(of: place) {
            if let value = json(member.value) { object.append(member.name, value) }
        }
        return object
    }

    private mutating func resolved(_ text: String, at place: Place) -> String? {
        let prefix = "os.environ/"
        guard text.hasPrefix(prefix) else { return text }
        let name = String(text.dropFirst(prefix.count))
        guard let value = environment[name] else {
            error("the environment variable \(name) is not set", at: place)
            return nil
        }
        return value
    }

    private func kind(of node: YAMLNode) -> String {
        switch node.value {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer, .float: "a number"
        case .string: "text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
