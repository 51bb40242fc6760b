import HTTP
import JSON

/// A picture that a model was given inside its input.
struct GivenPicture: Sendable {
    /// `image_url`, `image_urls[1]`.
    let field: String
    /// As the data URI says.
    let contentType: String
    let bytes: Int
    /// FNV-1a, 64 bits, of the file.
    let hash: UInt64

    var json: JSONValue {
        [
            "field": .string(field), "content_type": .string(contentType), "bytes": .integer(bytes),
            "hash": .string(String(hash, radix: 16)),
        ]
    }
}

/// The pictures an endpoint works on, loaded as fal's runners load them: addresses are believed,
/// data URIs are read.
extension ModelInput {
    /// Of one file. fal names the error and not the bound; this is OpenAI's.
    static let largestFile = 50 * 1024 * 1024

    mutating func readPictures() -> [GivenPicture] {
        var pictures: [GivenPicture] = []
        for field in model.pictureFields {
            guard let value = body[field], !value.isNull else { continue }
            if field.hasSuffix("_urls") {
                // Of another type: told already where the field is required.
                guard let addresses = value.strings else {
                    if !model.required.contains(field) {
                        complain("list_type", .string(field), message: "Input should be a valid list")
                    }
                    continue
                }
                if addresses.isEmpty {
                    complain(
                        "too_short", .string(field), message: "List should have at least 1 item after validation, not 0",
                        context: ["min_length": 1])
                }
                for (index, address) in addresses.enumerated() {
                    if let picture = load(address, "\(field)[\(index)]", at: [.string(field), .integer(index)]) {
                        pictures.append(picture)
                    }
                }
            } else if let address = value.stringValue {
                if let picture = load(address, field, at: [.string(field)]) { pictures.append(picture) }
            } else if !model.required.contains(field) {
                complain("string_type", .string(field), message: "Input should be a valid string")
            }
        }
        return pictures
    }

    /// - Returns: `nil` for an address, which nobody follows here, and for what cannot be loaded.
    private mutating func load(_ address: String, _ field: String, at location: [JSONValue]) -> GivenPicture? {
        if address.hasPrefix("https://") || address.hasPrefix("http://") { return nil }
        guard address.hasPrefix("data:"), let comma = address.firstIndex(of: ",") else {
            fail("file_download_error", location, "Failed to download the file. Please check if the URL is accessible and try again.")
            return nil
        }
        let head = address[..<comma].dropFirst(5).split(separator: ";", omittingEmptySubsequences: false)
        guard head.last == "base64", let file = try? Base64.decode(address[address.index(after: comma)...]),
            Self.isPicture(file)
        else {
            fail("image_load_error", location, "Failed to load the image. Please ensure the image file is not corrupted.")
            return nil
        }
        guard file.count <= Self.largestFile else {
            fail("file_too_large", location, "File size exceeds the maximum allowed size.", ["max_size": .integer(Self.largestFile)])
            return nil
        }
        var hash = Fingerprint()
        hash.update(file)
        return GivenPicture(field: field, contentType: String(head.first ?? ""), bytes: file.count, hash: hash.value)
    }

    private mutating func fail(_ type: String, _ location: [JSONValue], _ message: String, _ context: JSONObject = [:]) {
        complain(type, location, message: message, context: context)
    }

    /// By the first bytes: PNG, JPEG, WebP or GIF.
    private static func isPicture(_ file: [UInt8]) -> Bool {
        let starts: [[UInt8]] = [[0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8, 0xFF], Array("GIF8".utf8)]
        return starts.contains { file.starts(with: $0) }
            || (file.starts(with: "RIFF".utf8) && file.dropFirst(8).starts(with: "WEBP".utf8))
    }
}
