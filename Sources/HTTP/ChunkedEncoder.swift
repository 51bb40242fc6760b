/// Applies the chunked transfer coding. RFC 9112, section 7.1.
enum ChunkedEncoder {
    /// Behind the data of every chunk.
    static let chunkEnd: [UInt8] = [Octet.carriageReturn, Octet.lineFeed]
    /// The last chunk and an empty trailer section.
    static let bodyEnd = Array("0\r\n\r\n".utf8)

    /// Appends the line before a chunk of `count` bytes. `count` is positive: a chunk of 0 would end the body.
    static func appendSize(_ count: Int, to output: inout [UInt8]) {
        precondition(count > 0, "an empty chunk would end the body")
        output.append(text: String(count, radix: 16))
        output.append(contentsOf: chunkEnd)
    }
}
