/// The last pictures that were encoded. Jobs share sizes and colours, so a few are most.
struct ImageCache {
    /// Above the 64 colours that one size and format come in.
    static let capacity = 256
    /// Larger ones are made anew each time: 256 of these are 16 MB.
    static let largest = 64 * 1024

    private var images: [ImageSpecification: EncodedImage] = [:]

    mutating func image(_ specification: ImageSpecification) -> EncodedImage {
        if let image = images[specification] { return image }
        let image = ImageBytes.encode(specification)
        guard image.byteCount <= Self.largest || specification.padding > 0 else { return image }
        if images.count >= Self.capacity { images.removeAll(keepingCapacity: true) }
        images[specification] = image
        return image
    }
}
