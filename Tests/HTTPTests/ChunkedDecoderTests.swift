import Testing

@testable import HTTP

@Suite("Chunked decoder") struct ChunkedDecoderTests {
    @Test("trailers are kept apart from the data")
    func trailers() throws {
        var decoder = ChunkedDecoder(maximumBytes: 10)
        var body: [UInt8] = []
        let raw = Array("1\r\na\r\n0\r\nDigest: x\r\nContent-Length: 5\r\n\r\n".utf8)
        for byte in raw {
            try [byte].withUnsafeBufferPointer { _ = try decoder.decode($0, into: &body) }
        }
        #expect(decoder.isComplete)
        #expect(decoder.trailers.first("digest") == "x")
        #expect(decoder.decodedBytes == 1)
    }
}
