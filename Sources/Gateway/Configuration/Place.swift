import YAML

/// A node and what leads to it, such as `model_list[0].litellm_params.model`.
struct Place {
    let node: YAMLNode
    let path: String

    /// Null means the same as a missing key, as it does to LiteLLM.
    var isNull: Bool { node.value == .null }

    func element(_ index: Int, of items: [YAMLNode]) -> Place {
        Place(node: items[index], path: "\(path)[\(index)]")
    }

    /// The path of a key. One with other characters than names have is quoted.
    func path(of key: String) -> String {
        let isName = !key.isEmpty && key.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte.isASCIILetterOrDigit
        }
        guard isName else { return "\(path)[\"\(Self.printable(key))\"]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }

    /// Keys come from the file: one with line breaks must not forge a second finding.
    private static func printable(_ key: String) -> String {
        String(String.UnicodeScalarView(key.unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}

extension YAMLNode {
    /// The member of that name, unless it is missing or null, which is the same.
    func member(_ name: String) -> YAMLNode? {
        self[name].flatMap { $0.value == .null ? nil : $0 }
    }
}

/// One `name: value` of a section.
struct Member {
    let name: String
    let keyPosition: YAMLPosition
    let value: Place
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
