import JSON
import YAML

/// YAML: a refusal has a place inside of the document, the kind of line end means nothing, and what
/// is JSON as well means the same.
func fuzzYAML(_ bytes: [UInt8]) {
    let node: YAMLNode
    do throws(YAMLError) {
        node = try YAML.parse(bytes)
    } catch {
        let ends = bytes.count { $0 == 0x0A || $0 == 0x0D }
        require((1...(ends + 1)).contains(error.line) && error.column >= 1, "a refusal at \(error.position)")
        return
    }
    if bytes.contains(0x0A), !bytes.contains(0x0D) {
        let ending: [UInt8] = bytes.mark & 1 == 0 ? [0x0D, 0x0A] : [0x0D]
        let other = try? YAML.parse(Array(bytes.split(separator: 0x0A, omittingEmptySubsequences: false).joined(separator: ending)))
        require(other == node, "another kind of line end, another meaning")
    }
    if let value = try? JSON.parse(bytes) { require(isSame(node, value), "YAML and JSON read differently") }
}

private func isSame(_ node: YAMLNode, _ value: JSONValue) -> Bool {
    switch (node.value, value) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    // PyYAML reads -0 as 0, and so do we.
    case (.integer(let left), .number(let right)): left == right.lexeme || left == "0" && right.lexeme == "-0"
    case (.float(let left), .number(let right)): Double(left) == Double(right.lexeme)
    case (.sequence(let left), .array(let right)):
        left.count == right.count && zip(left, right).allSatisfy(isSame)
    case (.mapping(let left), .object(let right)):
        left.count == right.count
            && zip(left, right.members).allSatisfy { entry, member in
                entry.key.value == .string(member.key) && isSame(entry.value, member.value)
            }
    default: false
    }
}
