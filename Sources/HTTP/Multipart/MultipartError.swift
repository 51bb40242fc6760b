/// Why a body is no form. The sender can mend all of these. Parts are counted from 1.
///
/// The description is one line in plain English, fit for the sender: it never quotes the body.
package enum MultipartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The content type is not `multipart/form-data`, or cannot be read.
    case notFormData
    /// The content type has no `boundary`.
    case noBoundary
    /// The boundary is not made of 1 to 70 of the characters of RFC 2046.
    case badBoundary
    /// The body never has a line that begins with the boundary.
    case boundaryNotFound
    /// The body ends before the closing boundary.
    case truncated
    /// A line begins with the boundary and goes on with something else.
    case badBoundaryLine(afterParts: Int)
    /// A header of the part is malformed, given twice, folded, or does not end with CRLF.
    case badHeader(part: Int)
    case headTooLarge(part: Int, mostBytes: Int)
    /// The part has no `Content-Disposition: form-data` with a name.
    case noName(part: Int)
    case nameTooLong(part: Int, mostBytes: Int)
    /// The part says that its bytes are encoded (base64, quoted-printable), which RFC 7578,
    /// section 4.7, gave up.
    case encodedPart(part: Int)
    case tooManyParts(most: Int)

    package var description: String {
        switch self {
        case .notFormData: "the content type is not multipart/form-data"
        case .noBoundary: "the content type multipart/form-data names no boundary"
        case .badBoundary: "the boundary must be 1 to 70 letters, digits, blanks or '()+_,-./:=?"
        case .boundaryNotFound: "the boundary of the content type does not occur in the body"
        case .truncated: "the form ends before its closing boundary: part of it is missing"
        case .badBoundaryLine(let parts): "the boundary after part \(parts) is followed by something else than CRLF or --"
        case .badHeader(let part): "part \(part) has a header that cannot be read"
        case .headTooLarge(let part, let most): "the headers of part \(part) have more than \(most) bytes"
        case .noName(let part): "part \(part) has no Content-Disposition: form-data with a name"
        case .nameTooLong(let part, let most): "the name of part \(part) has more than \(most) bytes"
        case .encodedPart(let part): "part \(part) has a Content-Transfer-Encoding; send its bytes as they are"
        case .tooManyParts(let most): "the form has more than \(most) parts"
        }
    }
}
