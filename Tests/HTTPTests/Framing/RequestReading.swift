import Reactor

@testable import HTTP

/// Reads requests from pieces as a connection does, one behind the other, and says what became of
/// them: `POST /path "body", GET /, 400`.
///
/// A request that closes the connection is followed by ` close` and is the last, as a refusal is;
/// one whose client waits for 100 Continue is followed by ` continue`. `more` stands for a request
/// of which only a part has come.
struct RequestReading {
    /// What the service takes.
    private static let bodyLimit = 1000

    private var found: [[UInt8]] = []
    private var isOver = false
    private var parser = RequestHeadParser(limits: HeadLimits())
    /// The request whose head is complete.
    private var request: (line: [UInt8], flags: String, body: AnswerBody)?
    private var body: [UInt8] = []

    static func verdict(_ pieces: some Sequence<[UInt8]>) -> [UInt8] {
        var reading = RequestReading()
        for piece in pieces {
            do throws(ProtocolError) {
                try reading.take(piece)
            } catch {
                reading.found.append(Array("\(error.status)".utf8))
                reading.isOver = true
            }
        }
        if !reading.isOver, reading.request != nil || reading.parser.hasBegun { reading.found.append(Array("more".utf8)) }
        return Array(reading.found.joined(separator: ", ".utf8))
    }

    private mutating func take(_ piece: [UInt8]) throws(ProtocolError) {
        var rest = piece[...]
        while !isOver, !rest.isEmpty {
            let used = try rest.withUnsafeBufferPointer { bytes throws(ProtocolError) in
                request == nil ? try parser.consume(bytes) : try request!.body.take(bytes, into: &body)
            }
            rest = rest.dropFirst(used)
            if request == nil, parser.isComplete { try beginBody() }
            if request?.body.isComplete == true { finish() }
        }
    }

    private mutating func beginBody() throws(ProtocolError) {
        let received = try parser.request(peer: nil, arrived: .now)
        let flags = (received.expectsContinue ? " continue" : "") + (received.keepsConnection ? "" : " close")
        let line = Array("\(received.head.method) \(received.head.path)".utf8)
        request = (line, flags, try AnswerBody(received.framing, maximumBytes: RequestReading.bodyLimit))
    }

    private mutating func finish() {
        guard let request else { return }
        let quoted = body.isEmpty ? [] : Array(" \"".utf8) + body + Array("\"".utf8)
        found.append(request.line + quoted + Array(request.flags.utf8))
        isOver = request.flags.hasSuffix("close")
        parser = RequestHeadParser(limits: HeadLimits())
        self.request = nil
        body = []
    }
}
