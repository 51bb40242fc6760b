import Signatures

/// A key for fal. Its text leaves only through `authorization`; printing it shows the last four
/// characters.
package struct FalKey: Sendable, Hashable {
    private let text: String

    /// - Returns: `nil` when the text could not stand in a header field: empty, or with blanks,
    ///   control characters or anything beyond ASCII.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.text = text
    }

    /// The value of the `Authorization` field.
    package var authorization: String { "Key \(text)" }

    /// A code over a message that nobody makes who does not know the key: 32 bytes, from which the key
    /// cannot be found. The same at every start.
    package func code(for message: String) -> [UInt8] {
        HMACSHA256.code(for: Array(message.utf8), key: SHA256Digest(of: text).bytes)
    }

    /// A text without the key. A key is `id:secret`; the secret alone is taken out as well.
    func redacted(_ text: String) -> String {
        var result = text
        for secret in [self.text, self.text.split(separator: ":").last.map(String.init) ?? ""] where secret.utf8.count >= 8 {
            result = result.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "[key]")
        }
        return result
    }
}

extension FalKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { text.utf8.count < 12 ? "…" : "…\(text.suffix(4))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
