import Testing

@testable import HTTP

/// RFC 9112, sections 6 and 7: where a request's body ends.
@Suite("Request framing") struct FramingTests {
    @Test("Content-Length is one decimal number", arguments: lengths)
    func length(row: RequestCase) { row.check() }

    @Test("Transfer-Encoding is chunked, once, and alone", arguments: codings)
    func coding(row: RequestCase) { row.check() }

    @Test("chunk sizes are hexadecimal digits and nothing else", arguments: chunks)
    func chunk(row: RequestCase) { row.check() }

    @Test("extensions and trailers are read and bounded", arguments: extras)
    func extra(row: RequestCase) { row.check() }

    @Test("the only expectation is 100-continue", arguments: expectations)
    func expectation(row: RequestCase) { row.check() }

    @Test("trailers are kept apart from the fields")
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

    private static func post(_ fields: String, _ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    private static func chunked(_ body: String) -> String {
        post("Transfer-Encoding: chunked", body)
    }

    static let lengths: [RequestCase] = [
        .ok(post("Content-Length: 5", "hello"), "POST /", body: "hello", "a length"),
        .ok(post("Content-Length: 5", "helloGET"), "POST /", body: "hello", left: 3, "the next request is left alone"),
        .ok(post("Content-Length: 0", ""), "POST /", "nothing"),
        .ok(post("Content-Length: 0005", "hello"), "POST /", body: "hello", "leading zeros are digits"),
        .ok(post("X: y", "GET"), "POST /", left: 3, "no length and no coding is no body"),
        .ok("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "GET /", body: "x", "GET with a body"),
        .ok("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", "POST /", body: "ab", "a length in HTTP/1.0"),
        .more(post("Content-Length: 5", "hell"), "a body cut short"),
        .no(post("Content-Length: 5\r\nContent-Length: 6", "hello"), 400, "two lengths"),
        .no(post("Content-Length: 5\r\nContent-Length: 5", "hello"), 400, "the same length twice"),
        .no(post("Content-Length: 5\r\nX: y\r\ncontent-length: 5", "hello"), 400, "twice, apart, in another case"),
        .no(post("Content-Length: 5, 5", "hello"), 400, "a list of lengths"),
        .no(post("Content-Length: 5,", "hello"), 400, "a list of one"),
        .no(post("Content-Length:", "hello"), 400, "an empty length"),
        .no(post("Content-Length: -1", "hello"), 400, "a negative length"),
        .no(post("Content-Length: +5", "hello"), 400, "a sign"),
        .no(post("Content-Length: 0x5", "hello"), 400, "a hexadecimal length"),
        .no(post("Content-Length: 5 5", "hello"), 400, "two numbers"),
        .no(post("Content-Length: 5.0", "hello"), 400, "a fraction"),
        .no(post("Content-Length: 5e0", "hello"), 400, "an exponent"),
        .no(post("Content-Length: five", "hello"), 400, "a word"),
        .no(post("Content-Length: \"5\"", "hello"), 400, "quotation marks"),
        .no(post("Content-Length: ٥", "hello"), 400, "a digit of another script"),
        .no(post("Content-Length: 9223372036854775808", ""), 413, "one more than 63 bits"),
        .no(post("Content-Length: 18446744073709551621", ""), 413, "5 after overflow"),
        .no(post("Content-Length: \(String(repeating: "9", count: 400))", ""), 413, "four hundred digits"),
        .no(post("Content-Length: 1001", ""), 413, "more than the service takes"),
    ]

    static let codings: [RequestCase] = [
        .ok(chunked("5\r\nhello\r\n0\r\n\r\n"), "POST /", body: "hello", "chunked"),
        .ok(post("Transfer-Encoding: ChUnKeD", "0\r\n\r\n"), "POST /", "in any case"),
        .no(post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), 400, "a length beside chunked"),
        .no(post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400, "the same the other way round"),
        .no(post("Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400, "even a length of 0"),
        .no(post("Content-Length: 5\r\nTransfer-Encoding: gzip, chunked", ""), 400, "a length beside an unknown coding"),
        .no(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400, "two fields"),
        .no(post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), 400, "chunked twice"),
        .no(post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"), 400, "chunked is not the last"),
        .no(post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501, "a coding before chunked"),
        .no(post("Transfer-Encoding: gzip", ""), 400, "no chunked at all"),
        .no(post("Transfer-Encoding: identity", ""), 400, "identity, abolished"),
        .no(post("Transfer-Encoding: identity, chunked", "0\r\n\r\n"), 501, "identity before chunked"),
        .no(post("Transfer-Encoding:", ""), 400, "an empty coding"),
        .no(post("Transfer-Encoding: ,chunked", "0\r\n\r\n"), 400, "an empty member before chunked"),
        .no(post("Transfer-Encoding: chunked,", "0\r\n\r\n"), 400, "an empty member behind chunked"),
        .no(post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"), 400, "a parameter"),
        .no(post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400, "a name that ends in chunked"),
        .no(post("Transfer-Encoding: chunkedx", "0\r\n\r\n"), 400, "a name that begins with chunked"),
        .no(post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), 400, "quotation marks"),
        .no(post("Transfer-Encoding: chunked chunked", "0\r\n\r\n"), 400, "a space between"),
        .no(post("Transfer-Encoding: \u{0B}chunked", "0\r\n\r\n"), 400, "a vertical tab before"),
        .no("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "chunked in HTTP/1.0"),
    ]

    static let chunks: [RequestCase] = [
        .ok(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "POST /", body: "hello world", "two chunks"),
        .ok(chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), "POST /", body: "01234567890123456789", "both cases"),
        .ok(chunked("005\r\nhello\r\n000\r\n\r\n"), "POST /", body: "hello", "leading zeros"),
        .ok(chunked("2\r\n\r\n\r\n0\r\n\r\n"), "POST /", body: "\r\n", "CRLF as data"),
        .ok(chunked("0\r\n\r\nGET /"), "POST /", left: 5, "the next request is left alone"),
        .more(chunked("5\r\nhello\r\n"), "no last chunk yet"),
        .more(chunked("0\r\n"), "no end of trailers yet"),
        .more(chunked("5\r\nhel"), "half a chunk"),
        .no(chunked("\r\n"), 400, "no size"),
        .no(chunked("-1\r\n"), 400, "a negative size"),
        .no(chunked("+5\r\nhello\r\n0\r\n\r\n"), 400, "a sign"),
        .no(chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400, "a prefix"),
        .no(chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400, "a space before the size"),
        .no(chunked("5 \r\nhello\r\n0\r\n\r\n"), 400, "a space behind the size"),
        .no(chunked("5\t\r\nhello\r\n0\r\n\r\n"), 400, "a tab behind the size"),
        .no(chunked("5_0\r\n"), 400, "an underscore"),
        .no(chunked("g\r\n"), 400, "no hexadecimal digit"),
        .no(chunked("5\u{0}\r\nhello\r\n"), 400, "NUL behind the size"),
        .no(chunked("5,5\r\nhello\r\n"), 400, "a list of sizes"),
        .no(chunked("5\nhello\r\n0\r\n\r\n"), 400, "a bare LF behind the size"),
        .no(chunked("5\rhello\r\n0\r\n\r\n"), 400, "a bare CR behind the size"),
        .no(chunked("5\r\nhelloX\r\n"), 400, "a chunk longer than its size"),
        .no(chunked("5\r\nhello0\r\n\r\n"), 400, "no CRLF behind the chunk"),
        .no(chunked("5\r\nhello\n0\r\n\r\n"), 400, "a bare LF behind the chunk"),
        .no(chunked("5\r\nhello\rX"), 400, "a bare CR behind the chunk"),
        .no(chunked("10000000000000005\r\nhello\r\n"), 400, "5 after overflow"),
        .no(chunked("0000000000000005\r\nhello\r\n"), 400, "more digits than 60 bits need"),
        .no(chunked("FFFFFFFFFFFFFFF\r\n"), 413, "as large as can be written"),
        .no(chunked("3E9\r\n"), 413, "one byte more than the service takes"),
        .no(chunked("3E8\r\n\(String(repeating: "x", count: 1000))\r\n1\r\n"), 413, "the same in two chunks"),
    ]

    static let extras: [RequestCase] = [
        .ok(chunked("5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n"), "POST /", body: "hello", "extensions are ignored"),
        .ok(chunked("0\r\nA: b\r\nC: d\r\n\r\n"), "POST /", "trailers"),
        .ok(chunked("0\r\nTransfer-Encoding: gzip\r\n\r\n"), "POST /", "a trailer frames nothing"),
        .no(chunked("5;a\nhello\r\n"), 400, "a bare LF in an extension"),
        .no(chunked("5;a\r5\r\nhello\r\n"), 400, "a bare CR in an extension"),
        .no(chunked("5;a\u{0}\r\nhello\r\n"), 400, "NUL in an extension"),
        .no(chunked("5;\(String(repeating: "a", count: 5000))"), 400, "an extension without end"),
        .no(
            chunked(String(repeating: "1;\(String(repeating: "a", count: 500))\r\nx\r\n", count: 9)), 400,
            "extensions that are too long together"),
        .no(chunked("0\r\nA : b\r\n\r\n"), 400, "a space before the colon of a trailer"),
        .no(chunked("0\r\n A: b\r\n\r\n"), 400, "a folded trailer"),
        .no(chunked("0\r\nA: b\n\r\n"), 400, "a bare LF in a trailer"),
        .no(chunked("0\r\n\n"), 400, "a bare LF at the end"),
        .no(chunked("0\r\n\(String(repeating: "A: b\r\n", count: 33))"), 431, "more trailers than allowed"),
        .no(chunked("0\r\nA: \(String(repeating: "b", count: 9000))"), 431, "a trailer without end"),
    ]

    static let expectations: [RequestCase] = [
        .ok(post("Expect: 100-continue\r\nContent-Length: 1", "x"), "POST /", body: "x", "100-continue"),
        .ok(post("Expect: 100-CONTINUE\r\nContent-Length: 1", "x"), "POST /", body: "x", "in any case"),
        .ok("POST / HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\nx", "POST /", body: "x", "ignored in HTTP/1.0"),
        .no(post("Expect: 200-ok", ""), 417, "another expectation"),
        .no(post("Expect: 100-continue, x", ""), 417, "another beside it"),
        .no(post("Expect: 100-continue\r\nExpect: 100-continue", ""), 417, "twice"),
        .no(post("Expect:", ""), 417, "nothing expected"),
    ]
}
