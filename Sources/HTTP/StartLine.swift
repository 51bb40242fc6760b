/// The first line of a message, read byte by byte. RFC 9112, sections 3 and 4.
protocol StartLine {
    init()
    var isComplete: Bool { get }
    /// Reads on at `input[start]`, whose offset in the message is `base + start`.
    ///
    /// - Returns: the index behind the last byte taken: the end of `input` unless complete.
    mutating func scan(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int, limits: HeadLimits
    ) throws(ProtocolError) -> Int
}

/// `HTTP/1.x`, byte by byte. RFC 9112, section 2.3.
struct HTTPVersion {
    private static let name: StaticString = "HTTP/"

    private var taken: UInt8 = 0
    /// The digit behind the point. 2 to 9 do not exist; they are to be treated as 1.
    private(set) var minor: UInt8 = 0

    var isComplete: Bool { taken == 8 }

    /// - Throws: 400 for anything but a version, 505 for a major version other than 1.
    mutating func take(_ byte: UInt8) throws(ProtocolError) {
        switch taken {
        case 0..<5:
            guard byte == HTTPVersion.name.utf8Start[Int(taken)] else { throw .malformed("no HTTP version in the first line") }
        case 5:
            guard byte &- 0x30 < 10 else { throw .malformed("a bad HTTP version") }
            guard byte == UInt8(ascii: "1") else {
                throw ProtocolError(status: 505, reason: "only HTTP/1.0 and HTTP/1.1 are spoken here")
            }
        case 6:
            guard byte == UInt8(ascii: ".") else { throw .malformed("a bad HTTP version") }
        default:
            guard byte &- 0x30 < 10 else { throw .malformed("a bad HTTP version") }
            minor = byte &- 0x30
        }
        taken += 1
    }
}

/// `method SP request-target SP HTTP-version CRLF`, single spaces and nothing else between.
struct RequestLine: StartLine {
    private enum State {
        case start, emptyLineFeed, method, targetStart, target, version, carriageReturn, lineFeed, complete
    }

    /// No registered method is longer than 18 (`UPDATEREDIRECTREF` and kin); above it nothing can be meant.
    private static let longestMethod = 32

    private var state = State.start
    private var hasSkippedEmptyLine = false
    private var version = HTTPVersion()
    private(set) var method = 0..<0
    private(set) var target = 0..<0

    var isComplete: Bool { state == .complete }
    var minorVersion: UInt8 { version.minor }

    mutating func scan(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int, limits: HeadLimits
    ) throws(ProtocolError) -> Int {
        var index = start
        while index < input.count {
            switch state {
            case .start:
                try begin(input[index], at: base &+ index)
                if state == .emptyLineFeed { index &+= 1 }
            case .emptyLineFeed:
                guard input[index] == Octet.lineFeed else { throw .malformed("a CR without LF") }
                state = .start
                index &+= 1
            case .method:
                index = try scanMethod(input, from: index, base: base)
            case .targetStart:
                target = (base &+ index)..<(base &+ index)
                guard ByteClass.contains(input[index], .visible) else { throw .malformed("no request target") }
                state = .target
            case .target:
                index = try scanTarget(input, from: index, base: base, limit: limits.targetBytes)
            case .version:
                try version.take(input[index])
                index &+= 1
                if version.isComplete { state = .carriageReturn }
            case .carriageReturn:
                guard input[index] == Octet.carriageReturn else { throw .malformed("something behind the HTTP version") }
                state = .lineFeed
                index &+= 1
            case .lineFeed:
                guard input[index] == Octet.lineFeed else { throw .malformed("a CR without LF") }
                state = .complete
                return index &+ 1
            case .complete:
                return index
            }
        }
        return index
    }

    /// One empty line before the request line is forgiven: old clients sent it behind a POST body.
    /// RFC 9112, section 2.2.
    private mutating func begin(_ byte: UInt8, at offset: Int) throws(ProtocolError) {
        if byte == Octet.carriageReturn, !hasSkippedEmptyLine {
            hasSkippedEmptyLine = true
            state = .emptyLineFeed
            return
        }
        guard ByteClass.contains(byte, .token) else { throw .malformed("the first line does not begin with a method") }
        method = offset..<offset
        state = .method
    }

    private mutating func scanMethod(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int
    ) throws(ProtocolError) -> Int {
        var index = start
        while index < input.count, ByteClass.contains(input[index], .token) {
            guard base &+ index &- method.lowerBound < RequestLine.longestMethod else {
                throw .notImplemented("an unknown method")
            }
            index &+= 1
        }
        guard index < input.count else { return index }
        guard input[index] == Octet.space else { throw .malformed("a byte that cannot stand in a method") }
        method = method.lowerBound..<(base &+ index)
        state = .targetStart
        return index &+ 1
    }

    private mutating func scanTarget(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int, limit: Int
    ) throws(ProtocolError) -> Int {
        let table = ByteClass.table
        let end = min(input.count, target.lowerBound &+ limit &- base)
        var index = start
        while index < end, table[Int(input[index])] & ByteClass.visible.rawValue != 0 { index &+= 1 }
        guard index < input.count else { return index }
        if input[index] == Octet.space {
            target = target.lowerBound..<(base &+ index)
            state = .version
            return index &+ 1
        }
        guard !ByteClass.contains(input[index], .visible) else {
            throw ProtocolError(status: 414, reason: "the request target is longer than \(limit) bytes")
        }
        throw .malformed("a byte that cannot stand in a request target")
    }
}

/// `HTTP-version SP status-code [SP reason-phrase] CRLF`. The space before an empty reason is
/// required but often left out, which changes nothing about where anything ends.
struct StatusLine: StartLine {
    private enum State {
        case version, space, digits, afterDigits, reason, lineFeed, complete
    }

    private var state = State.version
    private var version = HTTPVersion()
    private var digits = 0
    private(set) var status = 0

    var isComplete: Bool { state == .complete }
    var minorVersion: UInt8 { version.minor }

    mutating func scan(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int, limits: HeadLimits
    ) throws(ProtocolError) -> Int {
        var index = start
        while index < input.count {
            try take(input[index])
            index &+= 1
            if state == .complete { break }
        }
        return index
    }

    private mutating func take(_ byte: UInt8) throws(ProtocolError) {
        switch state {
        case .version:
            try version.take(byte)
            if version.isComplete { state = .space }
        case .space:
            guard byte == Octet.space else { throw .malformed("no space behind the HTTP version") }
            state = .digits
        case .digits:
            guard byte &- 0x30 < 10, digits > 0 || byte != 0x30 else { throw .malformed("a bad status code") }
            status = status * 10 + Int(byte &- 0x30)
            digits += 1
            if digits == 3 { state = .afterDigits }
        case .afterDigits:
            guard byte == Octet.space || byte == Octet.carriageReturn else { throw .malformed("a bad status code") }
            state = byte == Octet.space ? .reason : .lineFeed
        case .reason:
            guard byte != Octet.carriageReturn else {
                state = .lineFeed
                return
            }
            guard ByteClass.contains(byte, .fieldValue) else { throw .malformed("a control byte in the reason phrase") }
        case .lineFeed:
            guard byte == Octet.lineFeed else { throw .malformed("a CR without LF") }
            state = .complete
        case .complete:
            break
        }
    }
}
