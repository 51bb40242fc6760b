/// Reads the head of a message, in whatever pieces it comes. RFC 9112, sections 2 to 5.
///
/// Feed it with `consume` until `isComplete`; it keeps the bytes it takes, so the caller's buffer
/// is free at once. A head that comes in one piece costs two allocations. The verdict is that of
/// the first offending byte, wherever the pieces were cut; after an error the parser is spent.
struct HeadParser<Line: StartLine> {
    private let limits: HeadLimits
    private(set) var line = Line()
    private var section = FieldSection()
    private(set) var bytes: [UInt8] = []

    init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Whether the empty line behind the fields has been read.
    var isComplete: Bool { section.isComplete }
    /// Whether any byte has been read.
    var hasBegun: Bool { !bytes.isEmpty }

    /// Takes what belongs to the head from the front of `input`.
    ///
    /// - Returns: how many bytes that was: all of them unless the head is complete.
    /// - Throws: 400, 414, 431, 501 or 505.
    mutating func consume(_ input: UnsafeBufferPointer<UInt8>) throws(ProtocolError) -> Int {
        guard !isComplete else { return 0 }
        let base = bytes.count
        let room = limits.headBytes - base
        let visible = UnsafeBufferPointer(rebasing: input.prefix(room))
        var index = 0
        if !line.isComplete { index = try line.scan(visible, from: 0, base: base, limits: limits) }
        if line.isComplete {
            index = try section.scan(visible, from: index, base: base, fieldCount: limits.fieldCount)
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: visible.prefix(index)))
        guard isComplete || input.count <= room else {
            throw .fieldsTooLarge("the head is larger than \(limits.headBytes) bytes")
        }
        return index
    }

    /// The fields; meaningful once complete.
    var fields: Fields {
        Fields(bytes: bytes, entries: section.entries)
    }
}

typealias RequestHeadParser = HeadParser<RequestLine>
typealias ResponseHeadParser = HeadParser<StatusLine>

/// The head of a response that we received.
package struct ResponseHead: Sendable {
    /// 100 to 999. Outside 100 to 599 no meaning is defined: RFC 9110, section 15, has it treated as 5xx.
    package var status: Int
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    package var minorVersion: Int
    package var fields: Fields
}

extension HeadParser<StatusLine> {
    /// The head that has been read; `nil` before it is complete.
    var head: ResponseHead? {
        guard isComplete else { return nil }
        return ResponseHead(status: line.status, minorVersion: Int(line.minorVersion), fields: fields)
    }
}
