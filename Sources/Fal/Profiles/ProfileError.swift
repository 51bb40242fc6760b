/// A row of the table that cannot be read, and where.
package struct ProfileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The endpoint of the row, empty where the table as a whole is meant.
    package let endpoint: String
    /// `size.presets`, `price.rates`, ...
    package let path: String
    package let reason: String

    package init(endpoint: String, path: String, reason: String) {
        self.endpoint = endpoint
        self.path = path
        self.reason = reason
    }

    package var description: String { "\(endpoint): \(path): \(reason)" }
}
