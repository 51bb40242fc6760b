import Testing

@testable import HTTP

@Suite("Event stream") struct EventStreamTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let stream: String
        let items: [StreamItem]

        init(_ description: String, _ stream: String, _ items: [StreamItem]) {
            testDescription = description
            self.stream = stream
            self.items = items
        }
    }

    static func event(_ data: String, type: String = "message", id: String = "") -> StreamItem {
        .event(StreamEvent(type: type, data: Array(data.utf8), lastEventID: id))
    }

    static let cases: [Case] = [
        Case("one event", "data: hello\n\n", [event("hello")]),
        Case("carriage returns end lines", "data: a\r\rdata: b\r\r", [event("a"), event("b")]),
        Case("CRLF ends lines", "data: a\r\n\r\ndata: b\r\n\r\n", [event("a"), event("b")]),
        Case("all line ends mixed", "data: a\r\ndata: b\ndata: c\r\r\ndata: d\n\r", [event("a\nb\nc"), event("d")]),
        Case("several data lines are joined", "data: 1\ndata:2\ndata\ndata: 3\n\n", [event("1\n2\n\n3")]),
        Case("only one space is taken off", "data:  two\n\n", [event(" two")]),
        Case("data may contain colons", "data: {\"a\":1}\n\n", [event("{\"a\":1}")]),
        Case("an empty data line is an event", "data\n\n", [event("")]),
        Case("an event without data is none", "event: x\n\ndata: a\n\n", [event("a")]),
        Case("type and id", "event: status\nid: 7\ndata: a\n\ndata: b\n\n", [event("a", type: "status", id: "7"), event("b", id: "7")]),
        Case("an empty id resets it", "id: 7\ndata: a\n\nid\ndata: b\n\n", [event("a", id: "7"), event("b")]),
        Case("an id with NUL is ignored", "id: a\0b\ndata: a\n\n", [event("a")]),
        Case("comments are told", ": keep-alive\n\n:\ndata: a\n\n", [.comment(Array(" keep-alive".utf8)), .comment([]), event("a")]),
        Case("retry is milliseconds", "retry: 1500\n\n", [.retry(.milliseconds(1500))]),
        Case("a malformed retry is ignored", "retry: 1.5\nretry: -1\nretry:\nretry: 99999999999\n\n", []),
        Case("unknown fields are ignored", "foo: bar\ndatax: y\nDATA: z\ndata: a\n\n", [event("a")]),
        Case("a byte order mark is skipped once", "\u{feff}data: a\n\n\u{feff}data: b\n\n", [event("a")]),
        Case("an event cut off by the end is dropped", "data: a\n\ndata: b\n", [event("a")]),
        Case("blank lines alone say nothing", "\n\r\n\r\n\n", []),
        Case("bytes beyond ASCII pass", "data: äö€😀\n\n", [event("äö€😀")]),
    ]

    private func parse(_ pieces: [[UInt8]]) throws -> [StreamItem] {
        var parser = EventStreamParser()
        return try pieces.flatMap { piece in try parser.feed(piece) }
    }

    @Test("fed whole", arguments: cases)
    func whole(_ each: Case) throws {
        #expect(try parse([Array(each.stream.utf8)]) == each.items)
    }

    @Test("fed byte by byte", arguments: cases)
    func bytewise(_ each: Case) throws {
        #expect(try parse(each.stream.utf8.map { [$0] }) == each.items)
    }

    @Test("split in two at every position", arguments: cases)
    func split(_ each: Case) throws {
        let bytes = Array(each.stream.utf8)
        for position in 0...bytes.count {
            let items = try parse([Array(bytes[..<position]), [], Array(bytes[position...])])
            #expect(items == each.items, "split at \(position)")
        }
    }

    @Test("an event is told with its last byte, not later")
    func promptness() throws {
        var parser = EventStreamParser()
        #expect(try parser.feed(Array("data: a\r\n".utf8)) == [])
        #expect(try parser.feed(Array("\r".utf8)) == [Self.event("a")])
        #expect(try parser.feed(Array("\n".utf8)) == [])
    }

    @Test("a line at its limit passes, one byte more ends the stream", arguments: [1, 3, 100])
    func lineLimit(pieceBytes: Int) throws {
        func feed(_ text: String) throws -> [StreamItem] {
            var parser = EventStreamParser(limits: EventStreamLimits(lineBytes: 10, eventBytes: 100))
            let bytes = Array(text.utf8)
            return try stride(from: 0, to: bytes.count, by: pieceBytes).flatMap { start in
                try parser.feed(Array(bytes[start..<min(start + pieceBytes, bytes.count)]))
            }
        }
        #expect(try feed("data: 1234\n\n") == [Self.event("1234")])
        #expect(throws: EventStreamError(reason: .lineTooLong(limit: 10))) { try feed("data: 12345\n\n") }
        #expect(throws: EventStreamError(reason: .lineTooLong(limit: 10))) { try feed("data: 12345") }
    }

    @Test("the lines of one event share its limit")
    func eventLimit() throws {
        var parser = EventStreamParser(limits: EventStreamLimits(lineBytes: 100, eventBytes: 10))
        #expect(try parser.feed(Array("data: 1234\ndata: 1234\n\n".utf8)) == [Self.event("1234\n1234")])
        #expect(throws: EventStreamError(reason: .eventTooLarge(limit: 10))) {
            try parser.feed(Array("data: 1234\ndata: 12345\ndata: 1\n".utf8))
        }
    }
}
