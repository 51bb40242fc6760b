import COpenSSL

/// The SHA-256 of some bytes. FIPS 180-4.
package struct SHA256Digest: Sendable, Hashable {
    /// Bytes a digest has.
    package static let byteCount = 32

    /// Always `byteCount` of them.
    package let bytes: [UInt8]

    package init(of message: [UInt8]) {
        self = message.withUnsafeBytes { SHA256Digest(of: $0) }
    }

    /// The digest of a text's UTF-8, byte for byte.
    package init(of text: String) {
        var text = text
        self = text.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
    }

    /// Looked up once: `EVP_sha256()` is looked up again for every digest, which takes several times as
    /// long as a short one. Immutable; `nil` where OpenSSL has been built or configured without SHA-256.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA2-256", nil)

    package init(of message: UnsafeRawBufferPointer) {
        var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        // Without bytes the address may be nil, which OpenSSL takes for "none".
        let done = EVP_Digest(message.baseAddress, message.count, &bytes, nil, SHA256Digest.algorithm, nil)
        // Without SHA-256 TLS does not work either, and a digest that is none must never be compared.
        precondition(done == 1, "OpenSSL has no SHA-256")
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var hexadecimal: String { Hexadecimal.encode(bytes) }

    /// Equal in a time that does not depend on where the two differ.
    package func matches(_ other: SHA256Digest) -> Bool {
        ConstantTime.areEqual(bytes, other.bytes)
    }
}
