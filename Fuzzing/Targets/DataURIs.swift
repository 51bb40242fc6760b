import HTTP

/// Data URIs and base64: strict, so one value has one text, and sizes are told before decoding.
func fuzzDataURIs(_ bytes: [UInt8]) {
    let back = try? Base64.decode(Base64.encode(bytes))
    require(back == bytes, "encoded, but not decoded")
    if let raw = try? Base64.decode(bytes) { require(Base64.encode(raw) == bytes, "two texts for one value") }

    let text = String(decoding: bytes, as: UTF8.self)
    guard let uri = try? DataURI(text) else { return }
    require(DataURI.isClaimed(by: text), "no claim, but a data URI")
    let prefix = uri.decodedPrefix(12)
    require(prefix.count <= 12, "a prefix longer than asked for")
    guard let data = try? uri.decoded(maximumBytes: .max) else { return }
    require(data.count == uri.decodedCount, "another size than told")
    require(data.starts(with: prefix) && prefix.count == min(12, data.count), "another prefix")
    require(Base64.encode(data).elementsEqual(uri.payload.utf8), "two texts for one value")
    if !data.isEmpty { require((try? uri.decoded(maximumBytes: data.count - 1)) == nil, "more than the limit") }
}
