import COpenSSL

/// A message authentication code with SHA-256: proves that who sent a message knows a secret.
/// RFC 2104.
package enum HMACSHA256 {
    /// Far above any secret in use. Longer keys are hashed down to 32 bytes anyway.
    package static let longestKey = 4096

    /// - Parameter key: at most `longestKey` bytes.
    /// - Returns: 32 bytes. Compare them with `ConstantTime.areEqual`.
    package static func code(for message: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count <= longestKey, "a key for HMAC has at most \(longestKey) bytes")
        return [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { target, count in
            let done = key.withUnsafeBytes { key in
                message.withUnsafeBufferPointer { message in
                    // A nil key would mean "the one before": an empty one needs an address.
                    HMAC(
                        EVP_sha256(), key.baseAddress ?? UnsafeRawPointer(target.baseAddress), Int32(key.count),
                        message.baseAddress, message.count, target.baseAddress, nil)
                }
            }
            precondition(done != nil, "OpenSSL has no HMAC with SHA-256")
            count = SHA256Digest.byteCount
        }
    }
}
