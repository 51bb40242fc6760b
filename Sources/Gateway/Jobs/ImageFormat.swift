/// The file formats that fal's models deliver, told by their first bytes: what a server says of
/// them (`Content-Type`, the name's ending) is a claim, the bytes decide.
package enum ImageFormat: String, Sendable, CaseIterable {
    case png, jpeg, webp, gif, svg

    /// Bytes that must be at hand before `init(magic:)` can decide.
    static let magicBytes = 64

    /// - Parameter bytes: the beginning of the file, `magicBytes` or all of it.
    init?(magic bytes: some Collection<UInt8>) {
        func starts(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
            bytes.dropFirst(offset).starts(with: prefix)
        }
        if starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
            self = .png
        } else if starts([0xff, 0xd8, 0xff]) {
            self = .jpeg
        } else if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) {
            self = .webp
        } else if starts(Array("GIF87a".utf8)) || starts(Array("GIF89a".utf8)) {
            self = .gif
        } else if ImageFormat.looksLikeSVG(bytes) {
            self = .svg
        } else {
            return nil
        }
    }

    /// As IANA has it registered.
    var mediaType: String { self == .svg ? "image/svg+xml" : "image/\(rawValue)" }

    /// SVG has no magic number: an XML declaration, a comment or the element itself comes first,
    /// after white space or a byte order mark. An HTML page begins with none of these.
    private static func looksLikeSVG(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes.prefix(magicBytes))[...]
        if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
        rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
        return ["<svg", "<?xml", "<!--", "<!DOCTYPE svg"].contains { rest.starts(with: $0.utf8) }
    }
}
