package import JSON

/// What a finished job delivered.
///
/// Strict enough that nonsense is not taken for a picture, lenient about everything fal adds.
package struct FalOutput: Sendable, Equatable {
    /// Never empty.
    package var images: [Image]
    /// How many further entries fal's list has in which no image can be found. They may be billed like the others.
    package var unreadable = 0
    /// As fal wrote it: a seed can exceed 64 bits.
    package let seed: JSONNumber?
    /// fal's own measurements, in seconds.
    package let timings: JSONObject?
    /// One flag an image, where the model checks: a flagged image is black.
    package let unsafeContent: [Bool]?
    /// The prompt that was really used, which some models rewrite.
    package let prompt: String?
    /// What Gemini's models say beside the picture. Not a prompt.
    package let description: String?

    package struct Image: Sendable, Equatable {
        package let source: Source
        /// As fal says, where it says so; the bytes decide.
        package let contentType: String?
        /// As fal says; `nil` where it does not, which is common. May be filled in by who has the bytes.
        package var size: PixelSize?
    }

    package enum Source: Sendable, Equatable {
        /// An `http` or `https` address on a host that has yet to be checked.
        case address(String)
        /// The image itself, of a data URI: base64 as it stands in fal's answer, not yet decoded.
        case inline(mediaType: String, base64: ArraySlice<UInt8>)
    }
}

/// Why an answer of fal's is not an output.
package enum FalOutputError: Error, Sendable, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case notAnObject(kind: String)
    /// Neither `images` nor `image`, or an empty list.
    case noImages
    case malformedImage(index: Int, reason: String)

    package var description: String {
        switch self {
        case .notJSON(let error): "fal's result is not JSON: \(error)"
        case .notAnObject(let kind): "fal's result is \(kind), not an object"
        case .noImages: "fal's result has no image"
        case .malformedImage(let index, let reason): "image \(index) of fal's result \(reason)"
        }
    }
}

extension FalOutput {
    /// Reads the body of a result.
    package init(body: [UInt8]) throws(FalOutputError) {
        let document = InlineImages.detached(from: body)
        let value: JSONValue
        do {
            value = try JSON.parse(document.text, duplicateKeys: .keepLast)
        } catch {
            throw .notJSON(error)
        }
        guard let object = value.objectValue else { throw .notAnObject(kind: value.kind) }
        let found = try Self.images(of: object, inline: document.images)
        images = found.images
        unreadable = found.unreadable.count
        seed = object["seed"]?.numberValue
        timings = object["timings"]?.objectValue
        var flags = object["has_nsfw_concepts"]?.arrayValue?.map { $0.boolValue ?? false }
        for index in found.unreadable.reversed() where flags?.indices.contains(index) ?? false { flags?.remove(at: index) }
        unsafeContent = flags
        // A prompt that is itself a data URI has been taken out of the document with the images.
        prompt = object["prompt"]?.stringValue.flatMap { text in
            document.images.contains { $0.placeholder == text } ? nil : text
        }
        description = object["description"]?.stringValue
    }

    /// The images that were made are paid for, whatever stands beside them in the list.
    ///
    /// - Returns: at least one image, and the places of the entries that are none.
    /// - Throws: what is wrong with the first entry, where none is an image.
    private static func images(
        of object: JSONObject, inline: [InlineImages.Image]
    ) throws(FalOutputError) -> (images: [Image], unreadable: [Int]) {
        let entries: [JSONValue]
        switch (object["images"], object["image"]) {
        case (.array(let list)?, _) where !list.isEmpty: entries = list
        case (.object(let single)?, _): entries = [.object(single)]
        case (_, let single?) where !single.isNull: entries = [single]
        default: throw .noImages
        }
        var images: [Image] = []
        var unreadable: [Int] = []
        var first: FalOutputError?
        for (index, entry) in entries.enumerated() {
            do throws(FalOutputError) {
                images.append(try image(entry, at: index, inline: inline))
            } catch {
                unreadable.append(index)
                first = first ?? error
            }
        }
        if images.isEmpty, let first { throw first }
        return (images, unreadable)
    }

    private static func image(
        _ entry: JSONValue, at index: Int, inline: [InlineImages.Image]
    ) throws(FalOutputError) -> Image {
        // A list of plain addresses is an older form that some endpoints keep.
        guard let address = entry.stringValue ?? entry["url"]?.stringValue else {
            throw .malformedImage(index: index, reason: "has no url")
        }
        let source: Source
        if let image = inline.first(where: { $0.placeholder == address }) {
            source = .inline(mediaType: image.mediaType, base64: image.base64)
        } else if let image = InlineImages.image(inDataURI: address) {
            source = .inline(mediaType: image.mediaType, base64: image.base64)
        } else if address.isWebAddress {
            source = .address(address)
        } else {
            throw .malformedImage(index: index, reason: "has a url that is neither http nor an image")
        }
        return Image(
            source: source, contentType: entry["content_type"]?.stringValue,
            size: size(entry["width"], entry["height"]))
    }

    private static func size(_ width: JSONValue?, _ height: JSONValue?) -> PixelSize? {
        guard let width = wholeNumber(width), let height = wholeNumber(height) else { return nil }
        return PixelSize(width: width, height: height)
    }

    /// Some endpoints write `1024.0`.
    private static func wholeNumber(_ value: JSONValue?) -> Int? {
        value?.intValue ?? value?.doubleValue.flatMap(Int.init(exactly:))
    }
}

extension String {
    /// Whether it begins with `http://` or `https://`, in any case.
    fileprivate var isWebAddress: Bool {
        if hasPrefix("https://") || hasPrefix("http://") { return true }
        let start = utf8.prefix(8).lazy.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
        return start.starts(with: "http://".utf8) || start.elementsEqual("https://".utf8)
    }
}
