import Signatures

/// The SHA-256 of a gateway key: what is stored, logged and compared in the key's place.
package struct KeyHash: Sendable, Hashable, CustomStringConvertible {
    private let digest: SHA256Digest

    /// Hashes `key` as it was sent, byte for byte.
    package init(of key: String) {
        digest = SHA256Digest(of: key)
    }

    /// Whether both are of the same key, in a time that does not depend on where they differ.
    package func matches(_ other: KeyHash) -> Bool {
        digest.matches(other.digest)
    }

    /// 64 lower-case hexadecimal digits.
    package var description: String { digest.hexadecimal }
}
