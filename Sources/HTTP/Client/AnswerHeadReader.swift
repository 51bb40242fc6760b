/// Reads heads until the final one: interim answers (1xx) are skipped, and counted.
struct AnswerHeadReader {
    private let limits: HeadLimits
    private let maximumInterimAnswers: Int
    private var parser: ResponseHeadParser
    private var interimAnswers = 0
    /// The head of the final answer, once it is complete.
    private(set) var final: ResponseHead?

    init(limits: ClientLimits) {
        self.limits = limits.head
        maximumInterimAnswers = limits.interimAnswers
        parser = ResponseHeadParser(limits: limits.head)
    }

    /// Takes what belongs to the heads from the front of `input`.
    ///
    /// - Returns: how many bytes that was: all of them unless `final` is there.
    /// - Throws: `ProtocolError` for a malformed or oversized head, for one interim answer too many, and for 101:
    ///   nobody asked to speak another protocol.
    mutating func consume(_ input: UnsafeBufferPointer<UInt8>) throws(ProtocolError) -> Int {
        var taken = 0
        while taken < input.count, final == nil {
            taken += try parser.consume(UnsafeBufferPointer(rebasing: input[taken...]))
            guard let head = parser.head else { break }
            guard head.status < 200 else {
                final = head
                break
            }
            try skip(head)
        }
        return taken
    }

    private mutating func skip(_ head: ResponseHead) throws(ProtocolError) {
        guard head.status != 101 else { throw .malformed("a change of protocols that nobody asked for") }
        interimAnswers += 1
        guard interimAnswers <= maximumInterimAnswers else {
            throw .malformed("more than \(maximumInterimAnswers) interim answers")
        }
        parser = ResponseHeadParser(limits: limits)
    }
}
