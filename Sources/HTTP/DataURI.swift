/// A `data:` URI with a base64 payload: `data:image/png;base64,iVBOR…`. RFC 2397.
///
/// Parsing looks at the beginning only; the payload is decoded, and found right or wrong, by
/// `decoded(maximumBytes:)`. Only base64 is taken: a percent-encoded payload is not an image.
package struct DataURI: Sendable, Equatable {
    /// Everything before the comma. Real ones are `image/png;base64` and the like.
    private static let maximumHeaderBytes = 256

    /// `type/subtype` in lower case, without parameters; `text/plain` where the URI names none.
    package let mediaType: String
    /// The base64 text, not yet checked.
    package let payload: Substring

    /// - Throws: `DataURIError` when it is no `data:` URI, its header is malformed or over 256
    ///   bytes, or its payload is not base64.
    package init(_ text: String) throws(DataURIError) {
        guard text.utf8.prefix(5).elementsEqual("data:".utf8, by: { $0 | 0x20 == $1 | 0x20 }) else { throw .notDataURI }
        let body = text.utf8.dropFirst(5)
        guard let comma = body.prefix(DataURI.maximumHeaderBytes).firstIndex(of: UInt8(ascii: ",")) else {
            throw .malformedHeader
        }
        let header = body[..<comma].map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        let parts = header.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let type = parts.first, header.allSatisfy({ 0x21...0x7e ~= $0 }) else { throw .malformedHeader }
        guard parts.count > 1, parts.last?.elementsEqual("base64".utf8) == true else { throw .notBase64 }
        guard type.isEmpty || type.filter({ $0 == UInt8(ascii: "/") }).count == 1 else { throw .malformedHeader }
        mediaType = type.isEmpty ? "text/plain" : String(decoding: type, as: UTF8.self)
        payload = text[text.utf8.index(after: comma)...]
    }

    /// Bytes that the payload decodes to if it is valid.
    package var decodedCount: Int {
        let padding = payload.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        return payload.utf8.count / 4 * 3 - padding
    }

    /// The payload's bytes.
    ///
    /// - Throws: `.tooLarge` before anything is decoded, `.malformedPayload` with the place.
    package func decoded(maximumBytes: Int) throws(DataURIError) -> [UInt8] {
        guard decodedCount <= maximumBytes else { throw .tooLarge(limit: maximumBytes) }
        do {
            return try Base64.decode(payload)
        } catch {
            throw .malformedPayload(offset: error.offset)
        }
    }
}

/// Why a text is not a `data:` URI that can be used.
package enum DataURIError: Error, Sendable, Equatable, CustomStringConvertible {
    case notDataURI
    case malformedHeader
    case notBase64
    case tooLarge(limit: Int)
    /// The offset is counted in bytes from the beginning of the payload.
    case malformedPayload(offset: Int)

    package var description: String {
        switch self {
        case .notDataURI: "not a data: URI"
        case .malformedHeader: "a data: URI without a valid media type and comma"
        case .notBase64: "a data: URI that is not base64"
        case .tooLarge(let limit): "a data: URI of over \(limit) bytes"
        case .malformedPayload(let offset): "a data: URI that is \(Base64Error(offset: offset))"
        }
    }
}
