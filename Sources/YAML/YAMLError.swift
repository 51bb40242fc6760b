/// Why a document was refused, and the place that is the reason.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package let position: YAMLPosition
    package let message: String

    init(_ message: String, at position: YAMLPosition) {
        self.position = position
        self.message = message
    }

    package var line: Int { position.line }
    package var column: Int { position.column }

    package var description: String { "line \(line), column \(column): \(message)" }
}
