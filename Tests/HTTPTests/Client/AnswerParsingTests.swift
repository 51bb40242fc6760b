import Testing

@testable import HTTP

@Suite("Client: answers in pieces") struct AnswerParsingTests {
    /// Heads and body of one answer with four bytes behind it.
    private static let answers: [(bytes: String, body: String)] = [
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n", "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ]

    /// Reads an answer from `pieces`; what is left over is returned as well.
    private func read(_ pieces: [[UInt8]]) throws -> (body: String, rest: String) {
        let reader = AnswerHeadReader(limits: ClientLimits())
        var body: AnswerBody?
        var data: [UInt8] = []
        var rest: [UInt8] = []
        for piece in pieces {
            try piece.withUnsafeBufferPointer { piece in
                var taken = try reader.consume(piece)
                guard let head = reader.final else { return }
                if body == nil {
                    let framing = try BodyFraming(response: head, ControlFields(head.fields), to: .get)
                    body = try AnswerBody(framing, maximumBytes: 5)
                }
                let input = UnsafeBufferPointer(rebasing: piece[taken...])
                taken += try body?.take(input, into: &data) ?? 0
                rest += piece[taken...]
            }
        }
        #expect(body?.isComplete == true)
        return (String(decoding: data, as: UTF8.self), String(decoding: rest, as: UTF8.self))
    }

    @Test("whole, byte by byte and split at every position they say the same", arguments: 0..<3)
    func pieces(index: Int) throws {
        let answer = Self.answers[index]
        let bytes = Array((answer.bytes + "rest").utf8)
        var ways = [[bytes], bytes.map { [$0] }]
        for position in 0...bytes.count { ways.append([Array(bytes[..<position]), Array(bytes[position...])]) }
        for way in ways {
            let (body, rest) = try read(way)
            #expect(body == answer.body)
            #expect(rest == "rest")
        }
    }

    @Test("a body that ends with the connection may end anywhere, any other only at its end")
    func ends() throws {
        var output: [UInt8] = []
        func end(_ framing: BodyFraming, after text: String) throws -> Bool {
            var body = try AnswerBody(framing, maximumBytes: 100)
            _ = try Array(text.utf8).withUnsafeBufferPointer { try body.take($0, into: &output) }
            return body.end()
        }
        #expect(try end(.untilClose, after: ""))
        #expect(try end(.untilClose, after: "abc"))
        #expect(try end(.none, after: ""))
        #expect(try end(.length(3), after: "abc"))
        #expect(try !end(.length(3), after: "ab"))
        #expect(try !end(.chunked, after: "3\r\nabc\r\n0\r\n"))
        #expect(try end(.chunked, after: "3\r\nabc\r\n0\r\n\r\n"))
    }

    @Test("a body at its bound passes, one byte more does not")
    func bounds() throws {
        func take(_ framing: BodyFraming, _ text: String, maximum: Int) throws -> Int {
            var output: [UInt8] = []
            var body = try AnswerBody(framing, maximumBytes: maximum)
            _ = try Array(text.utf8).withUnsafeBufferPointer { try body.take($0, into: &output) }
            return output.count
        }
        #expect(try take(.length(5), "hello", maximum: 5) == 5)
        #expect(throws: ProtocolError.self) { try AnswerBody(.length(5), maximumBytes: 4) }
        #expect(try take(.untilClose, "hello", maximum: 5) == 5)
        #expect(throws: ProtocolError.self) { try take(.untilClose, "hello", maximum: 4) }
        #expect(try take(.chunked, "5\r\nhello\r\n0\r\n\r\n", maximum: 5) == 5)
        #expect(throws: ProtocolError.self) { try take(.chunked, "5\r\nhello\r\n0\r\n\r\n", maximum: 4) }
    }

    @Test("eight interim answers are skipped, a ninth is one too many, 101 is refused")
    func interim() throws {
        func read(_ text: String) throws -> Int? {
            let reader = AnswerHeadReader(limits: ClientLimits())
            _ = try Array(text.utf8).withUnsafeBufferPointer { try reader.consume($0) }
            return reader.final?.status
        }
        let interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
        let final = "HTTP/1.1 200 OK\r\n\r\n"
        #expect(try read(String(repeating: interim, count: 8) + final) == 200)
        #expect(throws: ProtocolError.self) { try read(String(repeating: interim, count: 9) + final) }
        #expect(throws: ProtocolError.self) { try read("HTTP/1.1 101 Switching Protocols\r\n\r\n") }
    }
}
