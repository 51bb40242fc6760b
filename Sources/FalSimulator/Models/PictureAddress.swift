/// Where a picture is on the simulated CDN: `/files/b/{hex}/{name}`.
///
/// The address says everything about the picture, so that nothing has to be kept for it: it can
/// be fetched after its job is forgotten and after a restart, and ten thousand pictures cost no
/// memory.
enum PictureAddress {
    static let prefix = "/files/b/"

    /// - Parameters:
    ///   - owner: the id of the job; the CDN finds planned faults by it.
    static func path(of image: ImageSpecification, owner: String, number: Int) -> String {
        var bytes = [UInt8(ImageFormat.allCases.firstIndex(of: image.format) ?? 0)]
        bytes += [image.colour.red, image.colour.green, image.colour.blue]
        bytes += bigEndian(UInt32(image.width) << 16 | UInt32(image.height))
        bytes += bigEndian(UInt32(clamping: image.padding))
        bytes.append(check(bytes))
        let hex = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        return "\(prefix)\(hex)/\(PercentEncoding.encode(owner))_\(number).\(image.format.fileExtension)"
    }

    /// - Parameters:
    ///   - hex: the part before the last.
    ///   - name: the last part, decoded.
    /// - Returns: nil for an address that this simulator never gave out.
    static func read(hex: String, name: String) -> (image: ImageSpecification, owner: String)? {
        let digits = Array(hex.utf8)
        guard digits.count == 26 else { return nil }
        let bytes = stride(from: 0, to: 26, by: 2).compactMap { at in
            UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16)
        }
        guard bytes.count == 13, check(Array(bytes[..<12])) == bytes[12], Int(bytes[0]) < ImageFormat.allCases.count
        else { return nil }
        func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 << 8 | Int($1) } }
        let image = ImageSpecification(
            format: ImageFormat.allCases[Int(bytes[0])], width: number(4..<6), height: number(6..<8),
            colour: Colour(red: bytes[1], green: bytes[2], blue: bytes[3]), padding: number(8..<12))
        guard name.hasSuffix(".\(image.format.fileExtension)"), let end = name.lastIndex(of: "_"),
            image.width > 0, image.height > 0
        else { return nil }
        return (image, String(name[..<end]))
    }

    private static func check(_ bytes: [UInt8]) -> UInt8 { bytes.reduce(0x5A) { ($0 << 1 | $0 >> 7) ^ $1 } }
}
