import COpenSSL

/// Who signed a message with ED25519. RFC 8032.
package struct Ed25519PublicKey: Sendable, Hashable {
    /// Bytes a key has.
    package static let byteCount = 32

    /// The key as RFC 8032 encodes it.
    package let bytes: [UInt8]

    /// - Returns: `nil` for anything but 32 bytes. Whether they are a point of the curve shows with the
    ///   first signature: none verifies if not.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Whether `signature` was made for exactly `message` by the owner of this key.
    ///
    /// - Parameter signature: 64 bytes; any other number verifies nothing.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Ed25519PrivateKey.signatureByteCount,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        // What did not verify leaves its reason in the thread's queue, where TLS would read it as its own.
        defer { ERR_clear_error() }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// Signs messages with ED25519. RFC 8032. Printing it shows nothing of the key.
package struct Ed25519PrivateKey: Sendable {
    package static let signatureByteCount = 64

    private let seed: [UInt8]
    package let publicKey: Ed25519PublicKey

    /// - Parameter seed: the 32 secret bytes that RFC 8032 calls the private key.
    /// - Returns: `nil` for any other number of bytes.
    package init?(seed: [UInt8]) {
        guard seed.count == Ed25519PublicKey.byteCount,
            let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { return nil }
        defer { EVP_PKEY_free(key) }
        let bytes = [UInt8](unsafeUninitializedCapacity: Ed25519PublicKey.byteCount) { target, count in
            var size = target.count
            count = EVP_PKEY_get_raw_public_key(key, target.baseAddress, &size) == 1 ? size : 0
        }
        guard let publicKey = Ed25519PublicKey(bytes) else { return nil }
        self.seed = seed
        self.publicKey = publicKey
    }

    /// The signature of a message: 64 bytes, the same each time.
    package func signature(of message: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return [UInt8](unsafeUninitializedCapacity: Self.signatureByteCount) { target, count in
            var size = target.count
            let done =
                EVP_DigestSignInit(context, nil, nil, nil, key) == 1
                && EVP_DigestSign(context, target.baseAddress, &size, message, message.count) == 1
            // The seed was good for a key before: what is left is a lack of memory.
            precondition(done && size == Self.signatureByteCount, "OpenSSL could not sign")
            count = size
        }
    }
}

extension Ed25519PrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "Ed25519PrivateKey(…)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
