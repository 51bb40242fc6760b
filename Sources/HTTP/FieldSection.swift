/// Reads field lines up to and including the empty line that ends them: the fields of a head, or
/// the trailer section of a chunked body. RFC 9112, section 5.
///
/// A pure state machine over single bytes: the verdict depends on the bytes alone, never on how
/// the network cut them, and no byte is looked at twice. Only CRLF ends a line. A lone CR or LF,
/// a folded line, or a space before the colon makes two readers see two different messages, which
/// is how requests are smuggled past a front proxy (section 11.2): all are refused.
struct FieldSection {
    private enum State {
        case lineStart, name, beforeValue, value, lineFeed, lastLineFeed, complete
    }

    private(set) var entries: [Fields.Entry] = []
    private var state = State.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    /// Behind the last byte of the value so far that is neither space nor tab.
    private var valueEnd = 0

    var isComplete: Bool { state == .complete }

    /// Reads on at `input[start]`, whose offset in the message is `base + start`.
    ///
    /// - Returns: the index behind the last byte taken: the end of `input` unless complete.
    mutating func scan(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, base: Int, fieldCount: Int
    ) throws(ProtocolError) -> Int {
        guard let bytes = input.baseAddress else { return start }
        let table = ByteClass.table
        let end = input.count
        var index = start
        while index < end {
            switch state {
            case .lineStart:
                try beginLine(bytes[index], at: base &+ index, fieldCount: fieldCount)
                if state == .lastLineFeed { index &+= 1 }
            case .name:
                while index < end, table[Int(bytes[index])] & ByteClass.token.rawValue != 0 { index &+= 1 }
                guard index < end else { break }
                guard bytes[index] == Octet.colon else { throw FieldSection.badNameByte(bytes[index]) }
                nameEnd = base &+ index
                state = .beforeValue
                index &+= 1
            case .beforeValue:
                while index < end, Octet.isBlank(bytes[index]) { index &+= 1 }
                guard index < end else { break }
                valueStart = base &+ index
                valueEnd = valueStart
                state = .value
            case .value:
                let first = index
                index = FieldSection.endOfValue(in: input, from: index, table)
                trackEnd(of: input, first..<index, base: base)
                guard index < end else { break }
                guard bytes[index] == Octet.carriageReturn else { throw FieldSection.badValueByte(bytes[index]) }
                endField()
                index &+= 1
            case .lineFeed, .lastLineFeed:
                guard bytes[index] == Octet.lineFeed else { throw .malformed("a CR without LF") }
                index &+= 1
                if state == .lastLineFeed {
                    state = .complete
                    return index
                }
                state = .lineStart
            case .complete:
                return index
            }
        }
        return index
    }

    private mutating func beginLine(_ byte: UInt8, at offset: Int, fieldCount: Int) throws(ProtocolError) {
        switch byte {
        case Octet.carriageReturn:
            state = .lastLineFeed
        case Octet.space, Octet.tab:
            throw .malformed("a field line begins with white space (obsolete line folding)")
        case Octet.lineFeed:
            throw .malformed("a line ends with LF alone")
        case Octet.colon:
            throw .malformed("a field without a name")
        default:
            guard ByteClass.contains(byte, .token) else { throw FieldSection.badNameByte(byte) }
            guard entries.count < fieldCount else { throw .fieldsTooLarge("more than \(fieldCount) fields") }
            if entries.isEmpty { entries.reserveCapacity(16) }
            nameStart = offset
            state = .name
        }
    }

    private mutating func endField() {
        entries.append(
            Fields.Entry(
                nameStart: UInt32(truncatingIfNeeded: nameStart),
                nameCount: UInt32(truncatingIfNeeded: nameEnd &- nameStart),
                valueStart: UInt32(truncatingIfNeeded: valueStart),
                valueCount: UInt32(truncatingIfNeeded: valueEnd &- valueStart)))
        state = .lineFeed
    }

    /// Moves `valueEnd` behind the last byte of this piece of the value that is not blank.
    private mutating func trackEnd(of input: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, base: Int) {
        var last = piece.upperBound
        while last > piece.lowerBound, Octet.isBlank(input[last &- 1]) { last &-= 1 }
        if last > piece.lowerBound { valueEnd = base &+ last }
    }

    /// The index of the first byte that cannot stand in a value, or the end of `input`.
    ///
    /// Eight bytes at a time: a word is passed over when none of its bytes is below 0x20 or 0x7F.
    /// A tab makes the word suspicious, so such words are looked at byte by byte.
    private static func endOfValue(
        in input: UnsafeBufferPointer<UInt8>, from start: Int, _ table: UnsafePointer<UInt8>
    ) -> Int {
        let raw = UnsafeRawBufferPointer(input)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while index &+ 8 <= input.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let delete = word ^ (ones &* 0x7F)
            let suspicious = ((word &- ones &* 0x20) & ~word) | ((delete &- ones) & ~delete)
            if suspicious & highBits != 0 {
                for offset in index..<(index &+ 8) where table[Int(input[offset])] & ByteClass.fieldValue.rawValue == 0 {
                    return offset
                }
            }
            index &+= 8
        }
        while index < input.count, table[Int(input[index])] & ByteClass.fieldValue.rawValue != 0 { index &+= 1 }
        return index
    }

    private static func badNameByte(_ byte: UInt8) -> ProtocolError {
        switch byte {
        case Octet.space, Octet.tab: .malformed("white space in or behind a field name")
        case Octet.lineFeed, Octet.carriageReturn: .malformed("a field line without a colon")
        default: .malformed("a byte that cannot stand in a field name")
        }
    }

    private static func badValueByte(_ byte: UInt8) -> ProtocolError {
        byte == Octet.lineFeed
            ? .malformed("a line ends with LF alone") : .malformed("a control byte in a field value")
    }
}
