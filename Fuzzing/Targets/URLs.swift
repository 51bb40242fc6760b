import HTTP

/// URLs: what is accepted is pure ASCII, is read back from its own text, and stays on its host
/// whatever is put behind it.
func fuzzURLs(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let url = URL(text) else { return }
    require(url.description.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "a byte that no URL has")
    require(!url.host.isEmpty && url.port > 0, "no host or no port")
    require(!url.host.utf8.contains { "@/?#\\% ".utf8.contains($0) }, "a delimiter in the host")
    require(url.target.utf8.first == UInt8(ascii: "/") && !url.target.utf8.contains(UInt8(ascii: "#")), "a bad target")
    // Encoding makes it longer, at most threefold; a URL too long then is refused.
    if url.description.utf8.count <= URL.maximumBytes { require(URL(url.description) == url, "not read back") }
    if let other = try? url.with(target: "/" + text) { require(other.origin == url.origin, "another origin") }
    if let other = try? url.appendingPath("/a") { require(other.path == url.path + "/a", "another path") }
    let other = url.addingQuery("q", text)
    require(other.origin == url.origin && other.path == url.path, "a query parameter changed more than the query")
    require(other.target.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "a byte that no query has")
}
