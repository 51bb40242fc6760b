import COpenSSL

/// The SHA-256 of a gateway key: what is stored, logged and compared in the key's place.
package struct KeyHash: Sendable, Hashable, CustomStringConvertible {
    private let digest: [UInt8]

    /// Hashes `key` as it was sent, byte for byte.
    package init(of key: String) {
        var key = key
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        key.withUTF8 { bytes in
            digest.withUnsafeMutableBufferPointer { target in
                // With an empty key the address is nil, which OpenSSL takes for "no bytes".
                _ = SHA256(bytes.baseAddress, bytes.count, target.baseAddress)
            }
        }
        self.digest = digest
    }

    /// Whether both are of the same key, in a time that does not depend on where they differ.
    package func matches(_ other: KeyHash) -> Bool {
        CRYPTO_memcmp(digest, other.digest, digest.count) == 0
    }

    /// 64 lower-case hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: digest.count * 2) { buffer in
            for (index, byte) in digest.enumerated() {
                buffer[2 * index] = KeyHash.digits[Int(byte >> 4)]
                buffer[2 * index + 1] = KeyHash.digits[Int(byte & 0xf)]
            }
            return digest.count * 2
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
