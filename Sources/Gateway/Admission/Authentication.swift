package import HTTP

/// Finds out who is calling, from the key that the request carries.
///
/// Where a key may stand, and in which order the places are looked at, is LiteLLM's: the first
/// place that is filled decides, so a wrong key there is not forgiven by a right one elsewhere.
package struct Authentication: Sendable {
    /// Header names in the order of precedence, with how the key stands in them.
    private let places: [(name: String, form: Form)]
    private let masterKey: KeyHash?

    private enum Form {
        /// `Bearer <key>`, and nothing else.
        case bearer
        /// The key alone.
        case raw
        /// Either.
        case rawOrBearer
    }

    /// - Parameters:
    ///   - masterKey: `nil` lets everybody in but web pages; the server then listens on the loopback only.
    ///   - keyHeader: `general_settings.litellm_key_header_name`, looked at before all others.
    package init(masterKey: String?, keyHeader: String? = nil) {
        self.masterKey = masterKey.map { KeyHash(of: $0) }
        places = (keyHeader.map { [($0, .rawOrBearer)] } ?? []) + [
            ("x-litellm-api-key", .rawOrBearer), ("authorization", .bearer), ("api-key", .raw),
            ("x-api-key", .raw), ("x-goog-api-key", .raw), ("ocp-apim-subscription-key", .raw),
        ]
    }

    /// - Throws: `.missingKey`, `.malformedKey` or `.wrongKey`, all answered with 401; without a master key
    ///   `.foreignPage`.
    package func caller(of head: RequestHead) throws(GatewayError) -> Caller {
        guard let masterKey else {
            try ForeignPages.refuse(head)
            return Caller(keyHash: nil)
        }
        guard masterKey.isHash(of: try key(in: head)) else { throw .wrongKey }
        return Caller(keyHash: masterKey)
    }

    private func key(in head: RequestHead) throws(GatewayError) -> String {
        for place in places {
            guard let value = head.fields.first(place.name), !value.isEmpty else { continue }
            switch place.form {
            case .raw: return value
            case .bearer:
                guard let key = Authentication.bearer(value) else { throw .malformedKey(header: place.name) }
                return key
            case .rawOrBearer: return Authentication.bearer(value) ?? value
            }
        }
        throw .missingKey
    }

    /// The token of `Bearer <token>`; RFC 9110, section 11.1: the scheme is case-insensitive.
    private static func bearer(_ value: String) -> String? {
        let scheme = value.utf8.prefix { $0 != UInt8(ascii: " ") }
        // The bit that tells small letters from capitals.
        guard scheme.map({ $0 | 0x20 }).elementsEqual("bearer".utf8) else { return nil }
        let token = value.utf8[scheme.endIndex...].drop { $0 == UInt8(ascii: " ") }
        return token.isEmpty ? nil : String(Substring(token))
    }
}
