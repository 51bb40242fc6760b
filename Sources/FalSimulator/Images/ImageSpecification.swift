/// Everything that decides the bytes of a picture. Equal specifications give equal bytes.
struct ImageSpecification: Sendable, Hashable {
    var format: ImageFormat
    /// Pixels, 1...16,384 (fal's own limit is 14,142).
    var width: Int
    var height: Int
    var colour: Colour
    /// Bytes added to the file that decoders skip, for tests with large pictures.
    var padding = 0

    static let longestEdge = WebP.longestEdge
}

/// A picture's file, in pieces that can be sent one after the other.
///
/// Padding is one block repeated, not copied: a file of 100 MB takes as much memory as one of 64 KB.
struct EncodedImage: Sendable, Equatable {
    var segments: [[UInt8]]

    var byteCount: Int { segments.reduce(0) { $0 + $1.count } }
    var bytes: [UInt8] {
        var file: [UInt8] = []
        file.reserveCapacity(byteCount)
        for segment in segments { file += segment }
        return file
    }
}
