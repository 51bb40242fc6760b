/// Width and height of an image, read from its header: nothing is decoded.
struct ImageDimensions: Equatable {
    let width: Int
    let height: Int

    /// `.max` where there are more than an integer holds: PNG has 32 bits for each edge.
    var pixels: Int {
        let (product, isTooLarge) = width.multipliedReportingOverflow(by: height)
        return isTooLarge ? .max : product
    }

    /// - Returns: `nil` where the header is cut off, damaged, or says that there are no pixels.
    init?(_ file: ArraySlice<UInt8>, format: ImageFormat) {
        let header = ImageHeader(file)
        let edges: (Int?, Int?)? =
            switch format {
            case .png: header.png
            case .gif: header.gif
            case .webp: header.webp
            case .jpeg: header.jpeg
            case .svg: nil
            }
        guard let edges, let width = edges.0, let height = edges.1, width > 0, height > 0 else { return nil }
        self.width = width
        self.height = height
    }
}

/// The places in which formats write the edges of an image.
private struct ImageHeader {
    private let file: ArraySlice<UInt8>

    init(_ file: ArraySlice<UInt8>) { self.file = file }

    /// IHDR is the first chunk. PNG specification, section 11.2.1.
    var png: (Int?, Int?)? {
        matches("IHDR", at: 12) ? (bigEndian(4, at: 16), bigEndian(4, at: 20)) : nil
    }

    /// The logical screen. GIF89a, section 18.
    var gif: (Int?, Int?)? { (littleEndian(2, at: 6), littleEndian(2, at: 8)) }

    /// The first chunk is one of three. RFC 9649, sections 2.5 to 2.7.
    var webp: (Int?, Int?)? {
        if matches("VP8X", at: 12) {
            return (littleEndian(3, at: 24).map { $0 + 1 }, littleEndian(3, at: 27).map { $0 + 1 })
        }
        if matches("VP8L", at: 12), byte(20) == 0x2f, let bits = littleEndian(4, at: 21) {
            return (bits & 0x3fff + 1, bits >> 14 & 0x3fff + 1)
        }
        // A key frame of VP8, by its start code. RFC 6386, section 9.1.
        if matches("VP8 ", at: 12), littleEndian(3, at: 23) == 0x2a019d {
            return (littleEndian(2, at: 26).map { $0 & 0x3fff }, littleEndian(2, at: 28).map { $0 & 0x3fff })
        }
        return nil
    }

    /// Segments before the frame are stepped over by their lengths. ITU T.81, annex B.
    var jpeg: (Int?, Int?)? {
        var index = 2
        while byte(index) == 0xff, let marker = byte(index + 1) {
            switch marker {
            case 0xff: index += 1  // padding before a marker
            case 0x01, 0xd0...0xd8: index += 2  // no length
            case 0xd9, 0xda: return nil  // the picture, or the end, without a frame
            case 0xc0...0xcf where ![0xc4, 0xc8, 0xcc].contains(marker):
                return (bigEndian(2, at: index + 7), bigEndian(2, at: index + 5))
            default:
                guard let length = bigEndian(2, at: index + 2), length >= 2 else { return nil }
                index += 2 + length
            }
        }
        return nil
    }

    private func byte(_ offset: Int) -> UInt8? {
        offset < file.count ? file[file.startIndex + offset] : nil
    }

    private func matches(_ text: String, at offset: Int) -> Bool {
        file.dropFirst(offset).starts(with: text.utf8)
    }

    private func bigEndian(_ count: Int, at offset: Int) -> Int? {
        guard offset + count <= file.count else { return nil }
        return file.dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | Int($1) }
    }

    private func littleEndian(_ count: Int, at offset: Int) -> Int? {
        guard offset + count <= file.count else { return nil }
        return file.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
