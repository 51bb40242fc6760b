import COpenSSL

/// Comparing what an attacker may guess at.
package enum ConstantTime {
    /// Whether both are the same bytes, in a time that depends on their number alone: `==` stops at
    /// the first difference, and how early it does can be measured.
    package static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }
}
