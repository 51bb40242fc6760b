/// Finds the data and the end of an answer's body, in whatever pieces it comes. RFC 9112, section 6.3.
struct AnswerBody {
    private enum State {
        case length(remaining: Int)
        case chunked(ChunkedDecoder)
        case untilClose(taken: Int)
        case complete
    }

    private var state: State
    private let maximumBytes: Int
    /// What the answer says that the body will have, if it says so.
    let announcedBytes: Int?

    /// - Throws: 413 when the announced length is over `maximumBytes`.
    init(_ framing: BodyFraming, maximumBytes: Int) throws(ProtocolError) {
        self.maximumBytes = maximumBytes
        switch framing {
        case .none, .length(0):
            state = .complete
            announcedBytes = 0
        case .length(let count):
            guard count <= maximumBytes else { throw AnswerBody.tooLarge(maximumBytes) }
            state = .length(remaining: count)
            announcedBytes = count
        case .chunked:
            state = .chunked(ChunkedDecoder(maximumBytes: maximumBytes))
            announcedBytes = nil
        case .untilClose:
            state = .untilClose(taken: 0)
            announcedBytes = nil
        }
    }

    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Whether `count` bytes are all that is to come.
    func isCompleted(by count: Int) -> Bool {
        if case .length(count) = state { true } else { false }
    }

    /// Whether the connection can serve another request once the body is complete.
    var endsBeforeConnection: Bool {
        if case .untilClose = state { false } else { true }
    }

    /// Takes what belongs to the body from the front of `input` and appends its data to `output`.
    ///
    /// - Returns: how many bytes that was: all of them unless the body is complete.
    /// - Throws: 400 or 431 for malformed chunks, 413 for more data than the maximum.
    mutating func take(_ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) throws(ProtocolError) -> Int {
        switch state {
        case .length(let remaining):
            let count = min(remaining, input.count)
            output.append(contentsOf: input[..<count])
            state = count == remaining ? .complete : .length(remaining: remaining - count)
            return count
        case .chunked(var decoder):
            // The decoder lives in one place at a time, so that its arrays are not copied.
            state = .complete
            let count = try decoder.decode(input, into: &output)
            if !decoder.isComplete { state = .chunked(decoder) }
            return count
        case .untilClose(let taken):
            guard input.count <= maximumBytes - taken else { throw AnswerBody.tooLarge(maximumBytes) }
            output.append(contentsOf: input)
            state = .untilClose(taken: taken + input.count)
            return input.count
        case .complete:
            return 0
        }
    }

    /// What was to come has been taken some other way.
    mutating func complete() {
        state = .complete
    }

    /// The connection has ended.
    ///
    /// - Returns: whether the body may end there. Otherwise it was cut off.
    mutating func end() -> Bool {
        guard case .untilClose = state else { return isComplete }
        state = .complete
        return true
    }

    private static func tooLarge(_ limit: Int) -> ProtocolError {
        .contentTooLarge("the body is larger than \(limit) bytes")
    }
}
