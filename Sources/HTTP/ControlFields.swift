/// The fields that decide where a message ends and what becomes of its connection, read in one
/// pass over a head.
struct ControlFields {
    /// All `Content-Length` fields together. RFC 9110, section 8.6.
    enum Length: Equatable {
        case absent
        case bytes(Int)
        /// Not `1*DIGIT`, or more than one: even equal ones, and lists such as `5, 5`.
        case malformed
        /// A number beyond what can be counted.
        case tooLarge
    }

    /// All `Transfer-Encoding` fields together. RFC 9112, section 6.1.
    enum Coding: Equatable {
        case absent
        /// Exactly one member, `chunked`, without parameters.
        case chunked
        /// Ends in `chunked`, with codings before it that are not spoken here.
        case unknown
        /// Does not end in `chunked`, or has it twice.
        case malformed
    }

    /// All `Expect` fields together. RFC 9110, section 10.1.1.
    enum Expectation: Equatable {
        case nothing, hundredContinue, unknown
    }

    private(set) var length = Length.absent
    private(set) var coding = Coding.absent
    private(set) var expectation = Expectation.nothing
    private(set) var hostCount = 0
    /// The position of the last `Host` field.
    private(set) var hostIndex = 0
    private var saysClose = false
    private var saysKeepAlive = false

    init(_ fields: Fields) {
        for index in fields.entries.indices {
            switch fields.entries[index].nameCount {
            case 4 where ControlFields.isNamed("host", fields, index):
                hostCount += 1
                hostIndex = index
            case 6 where ControlFields.isNamed("expect", fields, index):
                fields.withValue(at: index) { readExpectation($0) }
            case 10 where ControlFields.isNamed("connection", fields, index):
                fields.withValue(at: index) { readConnection($0) }
            case 14 where ControlFields.isNamed("content-length", fields, index):
                fields.withValue(at: index) { readLength($0) }
            case 17 where ControlFields.isNamed("transfer-encoding", fields, index):
                fields.withValue(at: index) { readCoding($0) }
            default:
                break
            }
        }
    }

    /// Whether the sender keeps the connection open behind this message. RFC 9112, section 9.3.
    func keepsConnection(minorVersion: Int) -> Bool {
        if saysClose { return false }
        return minorVersion >= 1 || saysKeepAlive
    }

    private static func isNamed(_ name: StaticString, _ fields: Fields, _ index: Int) -> Bool {
        fields.withName(at: index) { $0.equalsIgnoringCase(name) }
    }

    private mutating func readLength(_ value: UnsafeBufferPointer<UInt8>) {
        guard length == .absent, !value.isEmpty, value.allSatisfy({ $0 &- 0x30 < 10 }) else {
            length = .malformed
            return
        }
        var number = 0
        for digit in value {
            let (tens, over) = number.multipliedReportingOverflow(by: 10)
            let (sum, past) = tens.addingReportingOverflow(Int(digit &- 0x30))
            guard !over, !past else {
                length = .tooLarge
                return
            }
            number = sum
        }
        length = .bytes(number)
    }

    private mutating func readCoding(_ value: UnsafeBufferPointer<UInt8>) {
        guard coding == .absent else {
            coding = .malformed
            return
        }
        if value.equalsIgnoringCase("chunked") {
            coding = .chunked
            return
        }
        var members = 0
        var chunkedAt: [Int] = []
        value.forEachMember {
            if $0.equalsIgnoringCase("chunked") { chunkedAt.append(members) }
            members += 1
        }
        coding = members > 1 && chunkedAt == [members - 1] ? .unknown : .malformed
    }

    private mutating func readExpectation(_ value: UnsafeBufferPointer<UInt8>) {
        value.forEachMember {
            let isKnown = expectation != .unknown && $0.equalsIgnoringCase("100-continue")
            expectation = isKnown ? .hundredContinue : .unknown
        }
    }

    private mutating func readConnection(_ value: UnsafeBufferPointer<UInt8>) {
        value.forEachMember {
            if $0.equalsIgnoringCase("close") { saysClose = true }
            if $0.equalsIgnoringCase("keep-alive") { saysKeepAlive = true }
        }
    }
}
