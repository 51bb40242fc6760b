import Testing

@testable import HTTP

/// Response heads, and how their bodies end. RFC 9112, sections 4 and 6.3.
@Suite("Response head") struct ResponseHeadTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let raw: String
        /// The status and how the body ends, or what kind of fault it is.
        let verdict: String
        let reason: String
        var method = Method.get

        var testDescription: String { reason }
    }

    private static func verdict(_ pieces: [ArraySlice<UInt8>], to method: Method) -> String {
        var parser = ResponseHeadParser(limits: HeadLimits())
        do throws(ProtocolError) {
            for piece in pieces {
                _ = try Array(piece).withUnsafeBufferPointer { bytes throws(ProtocolError) in try parser.consume(bytes) }
            }
            guard let head = parser.head else { return "more" }
            let framing = try BodyFraming(response: head, ControlFields(head.fields), to: method)
            return "\(head.status) \(framing)"
        } catch {
            return "refused \(error.status)"
        }
    }

    @Test("the verdict does not depend on how the bytes come", arguments: rows)
    func verdict(row: Row) {
        let raw = Array(row.raw.utf8)
        #expect(ResponseHeadTests.verdict([raw[...]], to: row.method) == row.verdict)
        #expect(ResponseHeadTests.verdict(raw.indices.map { raw[$0...$0] }, to: row.method) == row.verdict)
        for cut in raw.indices.prefix(200) {
            #expect(ResponseHeadTests.verdict([raw[..<cut], raw[cut...]], to: row.method) == row.verdict, "cut at \(cut)")
        }
    }

    private static func ok(_ fields: String) -> String { "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n" }

    static let rows: [Row] = [
        Row(raw: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", verdict: "200 length(3)", reason: "a length"),
        Row(raw: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", verdict: "200 length(0)", reason: "an empty reason"),
        Row(raw: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", verdict: "200 length(0)", reason: "no reason at all"),
        Row(raw: "HTTP/1.0 404 Not Found (käse)\r\n\r\n", verdict: "404 untilClose", reason: "HTTP/1.0, any reason"),
        Row(raw: "HTTP/1.1 200 OK\r\n\r\n", verdict: "200 untilClose", reason: "neither length nor coding"),
        Row(raw: "HTTP/1.1 999 X\r\n\r\n", verdict: "999 untilClose", reason: "a status nobody knows"),
        Row(raw: ok("Transfer-Encoding: chunked"), verdict: "200 chunked", reason: "chunked"),
        Row(raw: ok("Content-Length: 9"), verdict: "200 none", reason: "an answer to HEAD", method: .head),
        Row(raw: ok("Transfer-Encoding: chunked"), verdict: "200 none", reason: "the same, chunked", method: .head),
        Row(raw: "HTTP/1.1 204 No Content\r\n\r\n", verdict: "204 none", reason: "204"),
        Row(raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", verdict: "304 none", reason: "304 with a length"),
        Row(raw: "HTTP/1.1 100 Continue\r\n\r\n", verdict: "100 none", reason: "an interim response"),
        Row(raw: ok("Transfer-Encoding: chunked\r\nContent-Length: 3"), verdict: "refused 400", reason: "length and coding"),
        Row(raw: ok("Content-Length: 3\r\nContent-Length: 3"), verdict: "refused 400", reason: "a length twice"),
        Row(raw: ok("Content-Length: 3, 3"), verdict: "refused 400", reason: "a list of lengths"),
        Row(raw: ok("Transfer-Encoding: gzip"), verdict: "refused 400", reason: "a coding that is not chunked"),
        Row(raw: ok("Transfer-Encoding: gzip, chunked"), verdict: "refused 501", reason: "a coding before chunked"),
        Row(raw: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", verdict: "refused 400", reason: "chunked in HTTP/1.0"),
        Row(raw: "HTTP/1.1 200 OK\nContent-Length: 3\n\n", verdict: "refused 400", reason: "bare LF"),
        Row(raw: "HTTP/1.1 200 OK\rX\r\n\r\n", verdict: "refused 400", reason: "bare CR"),
        Row(raw: "HTTP/1.1 200 O\0K\r\n\r\n", verdict: "refused 400", reason: "NUL in the reason"),
        Row(raw: "HTTP/1.1  200 OK\r\n\r\n", verdict: "refused 400", reason: "two spaces"),
        Row(raw: "HTTP/1.1 20 OK\r\n\r\n", verdict: "refused 400", reason: "two digits"),
        Row(raw: "HTTP/1.1 2000 OK\r\n\r\n", verdict: "refused 400", reason: "four digits"),
        Row(raw: "HTTP/1.1 099 OK\r\n\r\n", verdict: "refused 400", reason: "a leading zero"),
        Row(raw: "HTTP/1.1 2x0 OK\r\n\r\n", verdict: "refused 400", reason: "a letter in the status"),
        Row(raw: "HTTP/1.1\r\n\r\n", verdict: "refused 400", reason: "no status"),
        Row(raw: "HTTP/2 200\r\n\r\n", verdict: "refused 505", reason: "HTTP/2"),
        Row(raw: "ICY 200 OK\r\n\r\n", verdict: "refused 400", reason: "another protocol"),
        Row(raw: "\r\nHTTP/1.1 200 OK\r\n\r\n", verdict: "refused 400", reason: "an empty line before"),
        Row(raw: ok("X: a\r\n b"), verdict: "refused 400", reason: "a folded field"),
        Row(raw: ok("X : a"), verdict: "refused 400", reason: "a space before the colon"),
        Row(raw: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", verdict: "more", reason: "no empty line yet"),
        Row(raw: ok("X: \(String(repeating: "y", count: 40_000))"), verdict: "refused 431", reason: "a head too large"),
    ]
}
