@testable import HTTP

/// Reads one answer from pieces and the end of the connection behind them, as the client does, and
/// says what became of it: `200 "body"`.
///
/// ` close` follows when the connection cannot serve another request. Without an answer it is
/// `malformed`, `too large`, or `cut` when the connection ended first.
struct AnswerReading {
    /// What the caller takes.
    private static let bodyLimit = 1000

    private let method: Method
    private var head = AnswerHeadReader(limits: ClientLimits())
    private var answer: (status: Int, keepsConnection: Bool, body: AnswerBody)?
    private var body: [UInt8] = []
    private var surplus = 0

    static func verdict(_ pieces: some Sequence<[UInt8]>, to method: Method) -> [UInt8] {
        var reading = AnswerReading(method: method)
        do throws(ProtocolError) {
            for piece in pieces { try reading.take(piece) }
        } catch {
            return Array((error.status == 413 || error.status == 431 ? "too large" : "malformed").utf8)
        }
        return reading.end()
    }

    private init(method: Method) {
        self.method = method
    }

    private mutating func take(_ piece: [UInt8]) throws(ProtocolError) {
        var rest = piece[...]
        if head.final == nil {
            rest = rest.dropFirst(try rest.withUnsafeBufferPointer { bytes throws(ProtocolError) in try head.consume(bytes) })
            if let head = head.final { try beginBody(head) }
        }
        guard answer != nil else { return }
        let used = try rest.withUnsafeBufferPointer { bytes throws(ProtocolError) in
            try answer!.body.take(bytes, into: &body)
        }
        surplus += rest.count - used
    }

    private mutating func beginBody(_ head: ResponseHead) throws(ProtocolError) {
        let control = ControlFields(head.fields)
        let framing = try BodyFraming(response: head, control, to: method)
        let body = try AnswerBody(framing, maximumBytes: AnswerReading.bodyLimit)
        let keeps = control.keepsConnection(minorVersion: head.minorVersion) && body.endsBeforeConnection
        answer = (head.status, keeps, body)
    }

    private mutating func end() -> [UInt8] {
        guard answer?.body.end() == true, let answer else { return Array("cut".utf8) }
        let quoted = body.isEmpty ? [] : Array(" \"".utf8) + body + Array("\"".utf8)
        // What follows an answer was asked for by nobody: the connection is not used again.
        let isKept = answer.keepsConnection && surplus == 0
        return Array("\(answer.status)".utf8) + quoted + Array((isKept ? "" : " close").utf8)
    }
}
