import Signatures

/// The SHA-256 of a gateway key: what is stored, logged and compared in the key's place.
package struct KeyHash: Sendable, Hashable, CustomStringConvertible {
    private let digest: SHA256Digest

    /// Hashes `key` as it was sent, byte for byte.
    package init(of key: String) {
        digest = SHA256Digest(of: key)
        description = digest.hexadecimal
    }

    /// Whether it is the hash of `key`, in a time that does not depend on where the two differ.
    package func isHash(of key: String) -> Bool {
        digest.matches(SHA256Digest(of: key))
    }

    /// 64 lower-case hexadecimal digits.
    package let description: String
}
