/// Base64 with padding. RFC 4648, section 4.
enum Base64 {
    /// Appends the encoding of all segments as of one.
    static func append(_ image: EncodedImage, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (image.byteCount + 2) / 3 * 4)
        var pending: UInt32 = 0
        var count = 0
        for segment in image.segments {
            for byte in segment {
                pending = pending << 8 | UInt32(byte)
                count += 1
                guard count == 3 else { continue }
                for shift: UInt32 in [18, 12, 6, 0] { text.append(alphabet[Int(pending >> shift & 63)]) }
                (pending, count) = (0, 0)
            }
        }
        switch count {
        case 1:
            text += [alphabet[Int(pending >> 2)], alphabet[Int(pending << 4 & 63)], pad, pad]
        case 2:
            text += [
                alphabet[Int(pending >> 10)], alphabet[Int(pending >> 4 & 63)], alphabet[Int(pending << 2 & 63)], pad,
            ]
        default: break
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let pad = UInt8(ascii: "=")
}
