package import YAML

/// Something that is to be said about a configuration file, and where.
///
/// Prints as `file:line:column: path: message`, the form that editors and CI systems turn
/// into a link. Contains no value that could be a secret.
package struct Finding: Sendable, Hashable, CustomStringConvertible {
    /// Whether the gateway starts in spite of it.
    package enum Severity: Sendable, Hashable {
        case warning, error
    }

    package let severity: Severity
    package let file: String
    package let position: YAMLPosition
    /// The place in the document, such as `model_list[0].litellm_params.model`; empty when
    /// it is about the document as a whole.
    package let path: String
    package let message: String

    package var line: Int { position.line }
    package var column: Int { position.column }

    package var description: String {
        let place = path.isEmpty ? "" : "\(path): "
        let mark = severity == .warning ? "warning: " : ""
        return "\(file):\(line):\(column): \(place)\(mark)\(message)"
    }
}

/// Whether an unknown key is a warning or an error.
package enum Strictness: Sendable {
    case lenient, strict
}
