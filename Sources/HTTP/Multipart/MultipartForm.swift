/// A form as SDKs and browsers upload it: `multipart/form-data`, RFC 7578.
///
/// Read whole and strictly. A body that two readers could take apart differently (bare line feeds, a
/// boundary that goes on, a header given twice, a missing end) is refused, and nothing is guessed.
/// What stands before the first and after the last boundary is ignored, as RFC 2046, section 5.1.1,
/// has it.
package struct MultipartForm: Sendable {
    /// One field of the form.
    package struct Part: Sendable {
        package let name: String
        /// `nil` for a field that is no file. Bytes that are not UTF-8 become U+FFFD. The sender's
        /// claim: it may be empty, and is no path to be trusted.
        package let filename: String?
        /// As sent, and as little to be trusted.
        package let contentType: String?
        /// A slice of the body: nothing is copied, and the body lives as long as this does.
        package let body: ArraySlice<UInt8>
    }

    /// In the order of the form; several may have one name.
    package let parts: [Part]

    /// - Parameters:
    ///   - body: the whole of it.
    ///   - contentType: the field's value, which names the boundary.
    package init(
        _ body: [UInt8], contentType: String, limits: MultipartLimits = MultipartLimits()
    ) throws(MultipartError) {
        var reader = MultipartReader(body, boundary: try MultipartForm.boundary(of: contentType), limits: limits)
        parts = try reader.parts()
    }

    /// Whether a content type is that of a form; its boundary may still be missing.
    package static func isFormData(_ contentType: String) -> Bool {
        HeaderParameters(contentType.utf8)?.value == "multipart/form-data"
    }

    private static func boundary(of contentType: String) throws(MultipartError) -> [UInt8] {
        guard let type = HeaderParameters(contentType.utf8), type.value == "multipart/form-data" else {
            throw .notFormData
        }
        guard let boundary = type["boundary"] else { throw .noBoundary }
        guard (1...MultipartLimits.boundaryBytes).contains(boundary.count), boundary.last != Octet.space,
            boundary.allSatisfy(isBoundaryCharacter)
        else { throw .badBoundary }
        return boundary
    }

    /// `bchars` of RFC 2046, section 5.1.1.
    private static func isBoundaryCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "'()+_,-./:=? ".utf8.contains(byte)
        }
    }
}
