import Glibc

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
        while let string = nextString(in: body, from: position) {
            position = string.characters.upperBound + 1
            guard string.isPlain, string.characters.count >= smallest,
                let image = image(in: body[string.characters], placeholder: "data:#\(images.count)")
            else { continue }
            text += body[copied..<string.characters.lowerBound]
            text += image.placeholder.utf8
            copied = string.characters.upperBound
            images.append(image)
        }
        guard !images.isEmpty else { return Document(text: body, images: []) }
        text += body[copied...]
        return Document(text: text, images: images)
    }

    /// The image of a data URI that is at hand as text; `nil` when it is none.
    static func image(inDataURI text: String) -> Image? {
        guard text.utf8.starts(with: scheme.utf8) else { return nil }
        return image(in: Array(text.utf8)[...], placeholder: "")
    }

    private static let scheme = "data:"

    /// The next JSON string, without its quotes, and whether it has no escapes; `nil` when there is
    /// no further one that ends.
    private static func nextString(in body: [UInt8], from start: Int) -> (characters: Range<Int>, isPlain: Bool)? {
        body.withUnsafeBytes { bytes in
            guard let open = bytes.firstIndex(of: "\"", from: start) else { return nil }
            let begin = open + 1
            guard var end = bytes.firstIndex(of: "\"", from: begin) else { return nil }
            guard var escape = bytes.firstIndex(of: "\\", from: begin, upTo: end) else { return (begin..<end, true) }
            while escape < end {
                // What follows a backslash is not the end, whatever it is.
                let next = escape + 2
                guard next <= bytes.count else { return nil }
                if end < next {
                    guard let later = bytes.firstIndex(of: "\"", from: next) else { return nil }
                    end = later
                }
                escape = bytes.firstIndex(of: "\\", from: next, upTo: end) ?? end
            }
            return (begin..<end, false)
        }
    }

    /// Reads `data:<type>/<subtype>[;parameters];base64,<characters>`. RFC 2397.
    private static func image(in uri: ArraySlice<UInt8>, placeholder: String) -> Image? {
        guard uri.starts(with: scheme.utf8) else { return nil }
        guard let comma = uri.prefix(longestHeader).firstIndex(of: UInt8(ascii: ",")) else { return nil }
        let header = String(decoding: uri[(uri.startIndex + scheme.utf8.count)..<comma], as: UTF8.self).lowercased()
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
            return foreignBytes.withUnsafeBufferPointer { table in
                var foreign: UInt8 = 0
                for byte in buffer.dropLast(padding) { foreign |= table[Int(byte)] }
                return foreign == 0
            }
        }
    }

    /// By byte: 0 for the 64 characters, 1 for all others. Megabytes are looked up in it.
    private static let foreignBytes: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            0
        default: 1
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func firstIndex(of character: Unicode.Scalar, from start: Int, upTo end: Int? = nil) -> Int? {
        let end = end ?? count
        guard let base = baseAddress, start < end else { return nil }
        guard let found = memchr(base + start, Int32(character.value), end - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
