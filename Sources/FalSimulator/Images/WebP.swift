/// Writes lossless WebP files (RFC 9649) of one colour.
///
/// Each of the five prefix codes has a single symbol, and a code with one symbol takes no bits:
/// a picture of any size is 30-odd bytes.
enum WebP {
    /// Width and height are 14-bit fields that hold one less.
    static let longestEdge = 16_384

    /// - Parameter padding: bytes of unknown chunks that will follow; the outer length covers them.
    static func file(_ image: ImageSpecification, padding: Int) -> [UInt8] {
        var bits = BitWriter()
        bits.write(0x2F, width: 8)
        bits.write(UInt32(image.width - 1), width: 14)
        bits.write(UInt32(image.height - 1), width: 14)
        bits.write(0, width: 1)  // no transparency
        bits.write(0, width: 3)  // version
        bits.write(0b000, width: 3)  // no transform, no colour cache, one group of prefix codes
        for symbol in [image.colour.green, image.colour.red, image.colour.blue, 255, 0] {
            // A simple code of one 8-bit symbol: green and lengths, red, blue, alpha, distance.
            bits.write(0b101, width: 3)
            bits.write(UInt32(symbol), width: 8)
        }
        var data = bits.finished()
        let length = UInt32(data.count)
        if data.count % 2 == 1 { data.append(0) }
        let whole = UInt32(4 + 8 + data.count + padding)
        return Array("RIFF".utf8) + littleEndian(whole) + Array("WEBPVP8L".utf8) + littleEndian(length) + data
    }

    /// A chunk of an unknown kind, which readers must skip; `length` counts all its bytes, and is even.
    static func padding(_ length: Int) -> [UInt8] {
        let contents = max(0, length - emptyChunkLength)
        return Array("faPd".utf8) + littleEndian(UInt32(contents)) + [UInt8](repeating: 0, count: contents)
    }

    static let emptyChunkLength = 8

    private static func littleEndian(_ value: UInt32) -> [UInt8] { bigEndian(value).reversed() }
}
