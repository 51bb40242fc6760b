package import Signatures
import HTTP
import JSON

/// The keys that fal signs its webhooks with: a JSON Web Key Set. RFC 7517; RFC 8037 for the keys.
package struct JWKSet: Sendable, Equatable {
    /// Never empty, in the order of the document.
    package let keys: [Ed25519PublicKey]

    /// A key has 200 bytes; fal publishes a handful.
    static let longestDocument = 64 * 1024
    /// Keys that are tried for one signature.
    static let mostKeys = 32

    /// Reads `{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "…"}]}`. Keys of another kind, for
    /// another use or with a broken `x` are passed over: a set may hold some for other purposes.
    ///
    /// - Throws: `JWKSetError` when no usable key is left.
    package init(document: [UInt8]) throws(JWKSetError) {
        guard document.count <= Self.longestDocument else { throw JWKSetError(reason: "is too large") }
        guard let value = try? JSON.parse(document, duplicateKeys: .keepLast) else {
            throw JWKSetError(reason: "is not JSON")
        }
        guard let list = value["keys"]?.arrayValue else { throw JWKSetError(reason: "has no list of keys") }
        keys = Array(list.lazy.compactMap(Self.key).prefix(Self.mostKeys))
        guard !keys.isEmpty else { throw JWKSetError(reason: "has no ED25519 key among its \(list.count)") }
    }

    private static func key(_ entry: JSONValue) -> Ed25519PublicKey? {
        guard entry["kty"]?.stringValue == "OKP", entry["crv"]?.stringValue == "Ed25519",
            entry["use"]?.stringValue ?? "sig" == "sig", let x = entry["x"]?.stringValue
        else { return nil }
        return base64URL(x).flatMap(Ed25519PublicKey.init)
    }

    /// Base64 with the alphabet for URLs and without padding. RFC 4648, section 5; RFC 7515, section 2.
    private static func base64URL(_ text: String) -> [UInt8]? {
        let longest = Base64.encodedCount(of: Ed25519PublicKey.byteCount)
        guard text.utf8.count <= longest, !text.utf8.contains(where: { [UInt8(ascii: "+"), UInt8(ascii: "/")].contains($0) })
        else { return nil }
        var standard = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while standard.last == UInt8(ascii: "=") { standard.removeLast() }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return try? Base64.decode(standard)
    }
}

/// Why a document is no set of keys.
package struct JWKSetError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package var description: String { "fal's set of webhook keys \(reason)" }
}
