/// One event of a `text/event-stream`, after the blank line that ends it.
package struct StreamEvent: Sendable, Equatable {
    /// The `event` field; `message` where the stream names none.
    package let type: String
    /// The `data` lines joined by line feeds, as sent: whether they are UTF-8 is for their reader to judge.
    package let data: [UInt8]
    /// The last `id` that the stream has sent so far, in this event or before it.
    package let lastEventID: String

    package init(type: String = "message", data: [UInt8], lastEventID: String = "") {
        self.type = type
        self.data = data
        self.lastEventID = lastEventID
    }
}

/// What a stream of server-sent events can say.
package enum StreamItem: Sendable, Equatable {
    case event(StreamEvent)
    /// A line that begins with a colon: how servers show that they are still there.
    case comment([UInt8])
    /// How long to wait before a broken stream is opened again.
    case retry(Duration)
}

/// A stream that says more than the reader agreed to hold.
package struct EventStreamError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable { case lineTooLong(limit: Int), eventTooLarge(limit: Int) }

    package let reason: Reason

    package var description: String {
        switch reason {
        case .lineTooLong(let limit): "an event stream line of over \(limit) bytes"
        case .eventTooLarge(let limit): "an event of over \(limit) bytes"
        }
    }
}

/// How much of a stream is held at once.
package struct EventStreamLimits: Sendable {
    /// A status with its logs fits many times; a data URI of an image does not.
    package var lineBytes = 1024 * 1024
    /// All `data` lines of one event together.
    package var eventBytes = 4 * 1024 * 1024

    package init() {}

    package init(lineBytes: Int, eventBytes: Int) {
        self.lineBytes = lineBytes
        self.eventBytes = eventBytes
    }
}

/// Takes a stream of server-sent events apart, in whatever pieces it comes.
///
/// WHATWG HTML, section 9.2.6: lines end with LF, CR or CRLF; one leading byte order mark is
/// skipped; an event without data is no event; an event that the end of the stream cuts off is
/// dropped, so at the end there is nothing to flush. After an error the parser is spent.
package struct EventStreamParser: Sendable {
    private let limits: EventStreamLimits
    /// The begun line, when a piece ended inside it.
    private var line: [UInt8] = []
    private var previousWasCarriageReturn = false
    private var isFirstLine = true

    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var lastEventID = ""

    package init(limits: EventStreamLimits = EventStreamLimits()) {
        self.limits = limits
    }

    /// Reads the next piece of the stream.
    ///
    /// - Returns: what the piece completed, in order.
    /// - Throws: `EventStreamError` when a line or an event outgrows its limit.
    package mutating func feed(_ piece: [UInt8]) throws(EventStreamError) -> [StreamItem] {
        var items: [StreamItem] = []
        try piece.withUnsafeBufferPointer { piece throws(EventStreamError) in
            var start = 0
            var lineFeed = -1
            while start < piece.count {
                // Each byte is looked at twice at most, however many lines end with CR alone.
                if lineFeed < start { lineFeed = piece.firstIndex(of: Octet.lineFeed, in: start..<piece.count) }
                let end = piece.firstIndex(of: Octet.carriageReturn, in: start..<lineFeed)
                if end > start { previousWasCarriageReturn = false }
                try hold(UnsafeBufferPointer(rebasing: piece[start..<end]))
                guard end < piece.count else { return }
                let endsCarriageReturn = piece[end] == Octet.lineFeed && previousWasCarriageReturn
                previousWasCarriageReturn = piece[end] == Octet.carriageReturn
                if !endsCarriageReturn, let item = try endLine() { items.append(item) }
                start = end + 1
            }
        }
        return items
    }

    private mutating func hold(_ bytes: UnsafeBufferPointer<UInt8>) throws(EventStreamError) {
        guard line.count + bytes.count <= limits.lineBytes else {
            throw EventStreamError(reason: .lineTooLong(limit: limits.lineBytes))
        }
        line.append(contentsOf: bytes)
    }

    private mutating func endLine() throws(EventStreamError) -> StreamItem? {
        defer { line.removeAll(keepingCapacity: line.capacity <= EventStreamParser.keptCapacity) }
        var text = line[...]
        if isFirstLine {
            isFirstLine = false
            if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        }
        guard let first = text.first else { return dispatch() }
        guard first != UInt8(ascii: ":") else { return .comment(Array(text.dropFirst())) }
        let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        return try take(field: text[..<colon], value)
    }

    private mutating func take(
        field: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>
    ) throws(EventStreamError) -> StreamItem? {
        if field.elementsEqual("data".utf8) {
            guard data.count + value.count + 1 <= limits.eventBytes else {
                throw EventStreamError(reason: .eventTooLarge(limit: limits.eventBytes))
            }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: value)
            hasData = true
        } else if field.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        } else if field.elementsEqual("id".utf8) {
            if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
        } else if field.elementsEqual("retry".utf8) {
            return EventStreamParser.milliseconds(value).map { .retry(.milliseconds($0)) }
        }
        return nil
    }

    private mutating func dispatch() -> StreamItem? {
        defer {
            type = ""
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return .event(StreamEvent(type: type.isEmpty ? "message" : type, data: data, lastEventID: lastEventID))
    }

    /// Digits only, and no more of them than a day has milliseconds by far.
    private static func milliseconds(_ text: ArraySlice<UInt8>) -> Int? {
        guard 1...10 ~= text.count, text.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return Int(String(decoding: text, as: UTF8.self))
    }

    /// A stream that waits holds no more than this from lines long gone.
    private static let keptCapacity = 1024
}

extension UnsafeBufferPointer<UInt8> {
    /// Where `byte` comes first within `range`; the end of the range if it does not.
    fileprivate func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int {
        let part = UnsafeBufferPointer(rebasing: self[range])
        return range.lowerBound + (part.firstOffset(of: byte) ?? part.count)
    }
}
