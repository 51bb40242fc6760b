/// Writes baseline JPEG files (ITU-T T.81): three components, chroma halved both ways.
///
/// A vertical fade in steps of 16 rows has no detail inside a block, so every block is its
/// mean value and an "end of block". With codes of one bit for "as before" and "nothing more"
/// a macroblock of 256 pixels takes 12 bits.
enum JPEG {
    /// What comes before any padding: start of image and the JFIF header.
    static let opening: [UInt8] =
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0]

    /// A comment of zeros that decoders skip; `length` counts all its bytes.
    ///
    /// - Parameter length: from `emptyCommentLength` to `longestComment`.
    static func padding(_ length: Int) -> [UInt8] {
        let size = UInt16(clamping: max(2, length - 2))
        return [0xFF, 0xFE, UInt8(size >> 8), UInt8(size & 0xFF)]
            + [UInt8](repeating: 0, count: Int(size) - 2)
    }

    static let emptyCommentLength = 4
    /// Marker, and a segment whose length field is 65,535.
    static let longestComment = 65_537

    /// What comes after any padding: tables, frame, scan, end of image.
    static func closing(_ image: ImageSpecification) -> [UInt8] {
        var file: [UInt8] = []
        // One quantisation table. The DC coefficient is eight times the mean, so 8 keeps it exact.
        segment(0xDB, [0] + [UInt8](repeating: 8, count: 64), to: &file)
        segment(0xC0, frame(image), to: &file)
        segment(0xC4, [0x00] + meanCodeCounts + meanCategories, to: &file)
        segment(0xC4, [0x10] + [1] + [UInt8](repeating: 0, count: 15) + [0], to: &file)
        segment(0xDA, [3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0], to: &file)
        file += scan(image)
        file += [0xFF, 0xD9]
        return file
    }

    private static func frame(_ image: ImageSpecification) -> [UInt8] {
        let (width, height) = (UInt16(image.width), UInt16(image.height))
        return [8, UInt8(height >> 8), UInt8(height & 0xFF), UInt8(width >> 8), UInt8(width & 0xFF)]
            + [3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]
    }

    /// Codes for the categories of a difference of means: 1 bit for 0, 4 bits for 1...7, 5 for 8.
    /// The code of all ones stays unused, as section C.2 demands.
    private static let meanCodeCounts: [UInt8] = [1, 0, 0, 7, 1] + [UInt8](repeating: 0, count: 11)
    private static let meanCategories: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

    private static func scan(_ image: ImageSpecification) -> [UInt8] {
        let columns = (image.width + 15) / 16
        let rows = (image.height + 15) / 16
        var bits = EntropyWriter(reserving: columns * rows * 3 / 2 + 64)
        var before = (y: 0, cb: 0, cr: 0)
        for row in 0..<rows {
            let colour = luminanceAndChrominance(of: image.colour.faded(row, of: max(1, rows - 1)))
            bits.difference(colour.y - before.y)
            for _ in 0..<3 { bits.difference(0) }
            bits.difference(colour.cb - before.cb)
            bits.difference(colour.cr - before.cr)
            bits.zeros(12 * (columns - 1))
            before = colour
        }
        return bits.finished()
    }

    /// JFIF 1.02: the full-range BT.601 transform, here around zero, in 16-bit fixed point.
    private static func luminanceAndChrominance(of colour: Colour) -> (y: Int, cb: Int, cr: Int) {
        let (r, g, b) = (Int(colour.red), Int(colour.green), Int(colour.blue))
        func rounded(_ value: Int) -> Int { (value + 32_768) >> 16 }
        return (
            rounded(19_595 * r + 38_470 * g + 7_471 * b) - 128,
            min(127, rounded(-11_059 * r - 21_709 * g + 32_768 * b)),
            min(127, rounded(32_768 * r - 27_439 * g - 5_329 * b))
        )
    }

    private static func segment(_ marker: UInt8, _ contents: [UInt8], to file: inout [UInt8]) {
        let length = UInt16(contents.count + 2)
        file += [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + contents
    }
}

/// Packs codes into bytes, most significant bit first, with a zero after each 0xFF (T.81, B.1.1.5).
private struct EntropyWriter {
    private var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var count = 0

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    /// One block: the difference of its mean from the one before, then nothing more (T.81, F.1.2).
    mutating func difference(_ value: Int) {
        let category = Int.bitWidth - value.magnitude.leadingZeroBitCount
        switch category {
        case 0: write(0, width: 1)
        case 1...7: write(UInt32(7 + category), width: 4)
        default: write(0b11110, width: 5)
        }
        let amount = value < 0 ? value + (1 << category) - 1 : value
        write(UInt32(truncatingIfNeeded: amount) & ((1 << UInt32(category)) - 1), width: category)
        write(0, width: 1)
    }

    mutating func zeros(_ width: Int) {
        var left = width
        while left > 0 {
            write(0, width: min(left, 16))
            left -= 16
        }
    }

    mutating func write(_ value: UInt32, width: Int) {
        pending = pending << UInt32(width) | value
        count += width
        while count >= 8 {
            count -= 8
            let byte = UInt8(truncatingIfNeeded: pending >> UInt32(count))
            bytes.append(byte)
            if byte == 0xFF { bytes.append(0) }
        }
    }

    /// The last byte is filled with ones (T.81, F.1.2.3).
    consuming func finished() -> [UInt8] {
        if count > 0 { write((1 << UInt32(8 - count)) - 1, width: 8 - count) }
        return bytes
    }
}
