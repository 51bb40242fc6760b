@testable import HTTP

/// Chunked bodies: one result however the bytes are cut, never more than the limit, and what the
/// encoder writes is read back.
func fuzzChunks(_ bytes: [UInt8]) {
    let results = Pieces.ways(of: bytes).map { decoded($0, maximumBytes: 100) }
    require(results.allSatisfy { $0 == results[0] }, "the result depends on the cuts")

    // The input as data, in chunks of growing size.
    var encoded: [UInt8] = []
    var rest = bytes[...]
    var size = 1
    while !rest.isEmpty {
        let chunk = rest.prefix(size)
        ChunkedEncoder.appendSize(chunk.count, to: &encoded)
        encoded += chunk + ChunkedEncoder.chunkEnd
        rest = rest.dropFirst(chunk.count)
        size = size * 2 + 1
    }
    encoded += ChunkedEncoder.bodyEnd
    let back = decoded(.whole(encoded), maximumBytes: bytes.count)
    require(back == Decoded(data: bytes, taken: encoded.count, isComplete: true, status: nil), "written, but not read back")
}

private struct Decoded: Equatable {
    var data: [UInt8]?
    var taken = 0
    var isComplete = false
    var status: Int?
}

private func decoded(_ pieces: Pieces, maximumBytes: Int) -> Decoded {
    var decoder = ChunkedDecoder(maximumBytes: maximumBytes)
    var data: [UInt8] = []
    var taken = 0
    for piece in pieces {
        do throws(ProtocolError) {
            taken += try piece.withUnsafeBufferPointer { bytes throws(ProtocolError) in
                try decoder.decode(bytes, into: &data)
            }
        } catch {
            // How far the reading came before is not promised.
            return Decoded(status: error.status)
        }
    }
    require(data.count <= maximumBytes && data.count == decoder.decodedBytes, "more data than the limit")
    return Decoded(data: data, taken: taken, isComplete: decoder.isComplete)
}
