/// The bounds of a form. The bytes of the whole are the server's to bound.
package struct MultipartLimits: Sendable {
    /// The longest boundary. RFC 2046, section 5.1.1.
    package static let boundaryBytes = 70

    /// OpenAI's edits take 16 images, a mask and about twenty fields; a model's own parameters come
    /// on top. Above it `.tooManyParts`.
    package var parts = 128
    /// The headers of one part together. A long file name has 255 bytes, three times that when it is
    /// percent-encoded, and may be given twice. Above it `.headTooLarge`.
    package var headBytes = 4 * 1024
    /// The name of a field; parameters have short ones. Above it `.nameTooLong`.
    package var nameBytes = 256

    package init() {}
}
