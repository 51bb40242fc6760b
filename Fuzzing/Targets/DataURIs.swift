import HTTP
import JSON

@testable import Fal

/// Data URIs and base64: strict, so one value has one text, and sizes are told before decoding. And those in an
/// answer of fal's, which are taken out before it is parsed: what is left is the same document.
func fuzzDataURIs(_ bytes: [UInt8]) {
    let back = try? Base64.decode(Base64.encode(bytes))
    require(back == bytes, "encoded, but not decoded")
    if let raw = try? Base64.decode(bytes) { require(Base64.encode(raw) == bytes, "two texts for one value") }
    fuzzURI(String(decoding: bytes, as: UTF8.self))
    fuzzDetached(bytes)
    // Room for one that is long enough to be taken out.
    fuzzDetached(Array(#"{"a":["data:image/png;base64,\#(String(repeating: "QUJD", count: 80))",""#.utf8) + bytes)
}

private func fuzzURI(_ text: String) {
    guard let uri = try? DataURI(text), let data = try? uri.decoded(maximumBytes: .max) else { return }
    require(data.count == uri.decodedCount, "another size than told")
    require(Base64.encode(data).elementsEqual(uri.payload.utf8), "two texts for one value")
    if !data.isEmpty { require((try? uri.decoded(maximumBytes: data.count - 1)) == nil, "more than the limit") }
}

private func fuzzDetached(_ body: [UInt8]) {
    let detached = InlineImages.detached(from: body)
    guard let whole = try? JSON.parse(body, duplicateKeys: .keepLast) else { return }
    guard let rest = try? JSON.parse(detached.text, duplicateKeys: .keepLast) else {
        return require(false, "no JSON any more without its images")
    }
    let images = Dictionary(uniqueKeysWithValues: detached.images.map { ($0.placeholder, $0) })
    requireSame(whole, rest, images)
}

private func requireSame(_ whole: JSONValue, _ rest: JSONValue, _ images: [String: InlineImages.Image]) {
    switch (whole, rest) {
    case (.string(let text), .string(let placeholder)) where text != placeholder:
        guard let image = images[placeholder] else { return require(false, "another string") }
        require(text.utf8.suffix(image.base64.count).elementsEqual(image.base64), "the bytes of another image")
        require(text.lowercased().hasPrefix("data:" + image.mediaType), "another type")
    case (.array(let all), .array(let left)):
        require(all.count == left.count, "another number of elements")
        for (one, other) in zip(all, left) { requireSame(one, other, images) }
    case (.object(let all), .object(let left)):
        // A name can be a data URI as well; two that are the same have different placeholders.
        guard all.members.count == left.members.count else {
            return require(all.members.contains { $0.key.hasPrefix("data:") }, "another number of members")
        }
        for (one, other) in zip(all.members, left.members) {
            require(one.key == other.key || images[other.key] != nil, "another name")
            requireSame(one.value, other.value, images)
        }
    default: require(whole == rest, "another value")
    }
}
