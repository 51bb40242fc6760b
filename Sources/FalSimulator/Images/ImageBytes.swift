/// Makes real image files, without any library: decoders accept them, with exact dimensions.
enum ImageBytes {
    static func encode(_ image: ImageSpecification) -> EncodedImage {
        switch image.format {
        case .png:
            let padding = blocks(image.padding, shortest: PNG.emptyChunkLength, of: paddingPNG, make: PNG.padding)
            return EncodedImage(segments: [PNG.opening(image)] + padding + [PNG.closing(image)])
        case .jpeg:
            let padding = blocks(image.padding, shortest: JPEG.emptyCommentLength, of: paddingJPEG, make: JPEG.padding)
            return EncodedImage(segments: [JPEG.opening] + padding + [JPEG.closing(image)])
        case .webp:
            let even = image.padding + image.padding % 2
            let padding = blocks(even, shortest: WebP.emptyChunkLength, of: paddingWebP, make: WebP.padding)
            let length = padding.reduce(0) { $0 + $1.count }
            return EncodedImage(segments: [WebP.file(image, padding: length)] + padding)
        case .svg:
            let comment = image.padding > 0 ? "<!--\(String(repeating: " ", count: image.padding))-->" : ""
            return EncodedImage(segments: [drawing(image, comment: comment)])
        }
    }

    /// Below 64 KiB, so that one size fits a JPEG comment, too; even for WebP.
    private static let blockLength = 60_000
    private static let paddingPNG = PNG.padding(blockLength)
    private static let paddingJPEG = JPEG.padding(blockLength)
    private static let paddingWebP = WebP.padding(blockLength)

    /// `length` bytes as a repeated block and a last, shorter one; at least `length` when it is
    /// less than the shortest block.
    private static func blocks(
        _ length: Int, shortest: Int, of block: [UInt8], make: (Int) -> [UInt8]
    ) -> [[UInt8]] {
        guard length > 0 else { return [] }
        var blocks = [[UInt8]](repeating: block, count: length / block.count)
        let rest = length % block.count
        if rest > 0 { blocks.append(make(max(rest, shortest))) }
        return blocks
    }

    private static func drawing(_ image: ImageSpecification, comment: String) -> [UInt8] {
        let (width, height, colour) = (image.width, image.height, image.colour)
        return Array(
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)">\
            <rect width="\(width)" height="\(height)" \
            fill="rgb(\(colour.red),\(colour.green),\(colour.blue))"/>\(comment)</svg>

            """.utf8)
    }
}
