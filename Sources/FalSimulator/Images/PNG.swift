/// Writes PNG files: 8-bit palette images with a vertical fade.
///
/// Each row is one run of one palette index, so a picture of a million pixels is about 7 KB
/// and takes a few thousand steps to make.
enum PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// What comes before any padding: signature, header, palette.
    static func opening(_ image: ImageSpecification) -> [UInt8] {
        var file = signature
        var header = bigEndian(UInt32(image.width)) + bigEndian(UInt32(image.height))
        header += [8, 3, 0, 0, 0]  // bit depth 8, palette, deflate, adaptive filters, not interlaced
        append("IHDR", header, to: &file)
        append("PLTE", palette(of: image.colour), to: &file)
        return file
    }

    /// What comes after any padding: the pixels and the end.
    static func closing(_ image: ImageSpecification) -> [UInt8] {
        var file: [UInt8] = []
        append("IDAT", pixels(image), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// A private ancillary chunk of zeros that decoders skip; `length` counts all its bytes.
    ///
    /// - Parameter length: at least `emptyChunkLength`.
    static func padding(_ length: Int) -> [UInt8] {
        var chunk: [UInt8] = []
        append("faPd", [UInt8](repeating: 0, count: max(0, length - emptyChunkLength)), to: &chunk)
        return chunk
    }

    /// Length, type and checksum of a chunk without contents.
    static let emptyChunkLength = 12

    /// A row a palette step: entries run from the colour at the top to its half at the bottom.
    private static let steps = 255

    private static func palette(of colour: Colour) -> [UInt8] {
        (0...steps).flatMap { step in
            let entry = colour.faded(step, of: steps)
            return [entry.red, entry.green, entry.blue]
        }
    }

    private static func pixels(_ image: ImageSpecification) -> [UInt8] {
        let (width, height) = (image.width, image.height)
        let estimate = height * (4 + width / RunLengthDeflate.longestCopy * 2)
        var deflate = RunLengthDeflate(reserving: estimate)
        var adler = Adler32()
        for row in 0..<height {
            let index = UInt8(row * steps / max(1, height - 1))
            deflate.run(of: 0, count: 1)  // filter type none
            deflate.run(of: index, count: width)
            adler.update(0, count: 1)
            adler.update(index, count: width)
        }
        // RFC 1950: deflate with a 32 KiB window, no dictionary; the two bytes divide by 31.
        return [0x78, 0x01] + deflate.finished() + bigEndian(adler.value)
    }

    private static func append(_ type: String, _ contents: [UInt8], to file: inout [UInt8]) {
        let body = Array(type.utf8) + contents
        var crc = CRC32()
        crc.update(body)
        file += bigEndian(UInt32(contents.count)) + body + bigEndian(crc.value)
    }
}

func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}
