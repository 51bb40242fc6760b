import HTTP
import Signatures

/// What the signatures of outgoing webhooks are made with: `whsec_` and base64, as Standard Webhooks
/// writes it. It prints as `[secret]`; only `reveal()` gives it out.
package struct WebhookSecret: Sendable, Hashable {
    /// Bytes that a secret may have, by Standard Webhooks.
    package static let byteCounts = 24...64
    private static let prefix = "whsec_"

    let key: [UInt8]

    /// Reads the text of a configuration.
    ///
    /// - Throws: `WebhookSecretError`, which does not quote it.
    package init(_ text: String) throws(WebhookSecretError) {
        guard text.hasPrefix(Self.prefix) else { throw WebhookSecretError(reason: "does not begin with whsec_") }
        let encoded = text.dropFirst(Self.prefix.count)
        guard encoded.utf8.count <= Base64.encodedCount(of: Self.byteCounts.upperBound),
            let key = try? Base64.decode(encoded)
        else { throw WebhookSecretError(reason: "is not whsec_ and the base64 of \(Self.sizes) bytes") }
        guard Self.byteCounts.contains(key.count) else {
            throw WebhookSecretError(reason: "has \(key.count) bytes behind whsec_, not \(Self.sizes)")
        }
        self.key = key
    }

    private init(key: [UInt8]) {
        self.key = key
    }

    /// The secret of one receiver. Who knows it can forge what that receiver gets and nothing else:
    /// callers of one gateway do not trust one another.
    ///
    /// - Parameter receiver: what tells receivers apart for good, as the id of a gateway key.
    package func derived(for receiver: String) -> WebhookSecret {
        WebhookSecret(key: HMACSHA256.code(for: Array("falgate webhook secret\n\(receiver)".utf8), key: key))
    }

    /// The text, for the one who is to verify signatures with it.
    package func reveal() -> String {
        Self.prefix + String(decoding: Base64.encode(key), as: UTF8.self)
    }

    private static let sizes = "\(byteCounts.lowerBound) to \(byteCounts.upperBound)"
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

/// Why a text is no secret for webhooks.
package struct WebhookSecretError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { "the secret for webhooks \(reason); `openssl rand -base64 32` makes one" }
}
