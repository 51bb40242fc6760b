@testable import YAML

/// A node as Python's `json.dumps(indent=2, sort_keys=True, ensure_ascii=False)` writes the
/// value that PyYAML gives: what the files in Fixtures are compared with.
struct CanonicalJSON {
    static func text(_ node: YAMLNode) -> String { write(node, indent: "") + "\n" }

    private static func write(_ node: YAMLNode, indent: String) -> String {
        let inner = indent + "  "
        switch node.value {
        case .sequence([]): return "[]"
        case .mapping([]): return "{}"
        case .sequence(let items):
            let lines = items.map { inner + write($0, indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .mapping(let entries):
            let members = entries.map { (name: name($0.key), value: $0.value) }
                .sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }
            let lines = members.map { "\(inner)\(quoted($0.name)): \(write($0.value, indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        case .string(let text): return quoted(text)
        default: return name(node)
        }
    }

    /// A scalar, strings without their quotes.
    private static func name(_ node: YAMLNode) -> String {
        switch node.value {
        case .null: "null"
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .integer(let lexeme): lexeme
        case .float(".inf"): "Infinity"
        case .float("-.inf"): "-Infinity"
        case .float(".nan"): "NaN"
        case .float(let lexeme): Double(lexeme).map { "\($0)" } ?? lexeme
        case .string(let text): text
        case .sequence, .mapping: "not a scalar"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\u{00}"..<" ":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
