/// Data URIs in an answer, taken out before it is parsed.
///
/// An image of 4 megapixels is about 11 MB of base64 in the middle of a small JSON document. Read as
/// a JSON string it would be copied and checked as text, only to be copied again. Here the bytes stay
/// where they are, and the parser sees a short placeholder.
enum InlineImages {
    struct Image: Equatable {
        let mediaType: String
        /// Base64 characters only, padding included; its storage is shared with the body it came in.
        let base64: ArraySlice<UInt8>
        /// What stands in the document instead.
        let placeholder: String
    }

    struct Document {
        let text: [UInt8]
        let images: [Image]
    }

    /// Shorter ones are left to the JSON parser.
    private static let smallest = 256

    /// Replaces every JSON string that is a data URI of some length. Strings with escapes in them,
    /// or in which anything is not base64, stay: they are read the slow way.
    static func detached(from body: [UInt8]) -> Document {
        var text: [UInt8] = []
        var images: [Image] = []
        var copied = 0
        var position = 0
        while let open = body[position...].firstIndex(of: UInt8(ascii: "\"")) {
            guard let string = string(in: body, from: open + 1) else { break }
            position = string.end + 1
            guard string.isPlain, string.end - open > smallest, let image = image(
                in: body[(open + 1)..<string.end], placeholder: "data:#\(images.count)")
            else { continue }
            text += body[copied...open]
            text += Array(image.placeholder.utf8)
            copied = string.end
            images.append(image)
        }
        guard !images.isEmpty else { return Document(text: body, images: []) }
        text += body[copied...]
        return Document(text: text, images: images)
    }

    /// The image of a data URI that is at hand as text; `nil` when it is none.
    static func image(inDataURI text: String) -> Image? {
        image(in: Array(text.utf8)[...], placeholder: "")
    }

    /// Where a JSON string ends that begins at `start`, and whether it has no escapes.
    private static func string(in body: [UInt8], from start: Int) -> (end: Int, isPlain: Bool)? {
        var isPlain = true
        var position = start
        while position < body.count {
            switch body[position] {
            case UInt8(ascii: "\""): return (position, isPlain)
            case UInt8(ascii: "\\"):
                isPlain = false
                position += 2
            default: position += 1
            }
        }
        return nil
    }

    /// Reads `data:<type>/<subtype>[;parameters];base64,<characters>`. RFC 2397.
    private static func image(in uri: ArraySlice<UInt8>, placeholder: String) -> Image? {
        let scheme = Array("data:".utf8)
        guard uri.starts(with: scheme) else { return nil }
        guard let comma = uri.prefix(longestHeader).firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let header = String(decoding: uri[(uri.startIndex + scheme.count)..<comma], as: UTF8.self).lowercased()
        guard header.hasSuffix(";base64") else { return nil }
        let mediaType = header.prefix { $0 != ";" }
        let base64 = uri[(comma + 1)...]
        guard !base64.isEmpty, isBase64(base64) else { return nil }
        return Image(mediaType: String(mediaType), base64: base64, placeholder: placeholder)
    }

    private static let longestHeader = 128

    /// Only characters of base64, so that the slice can be written into JSON as it is.
    private static func isBase64(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            let padding = buffer.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
            return buffer.dropLast(padding).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
        }
    }
}
