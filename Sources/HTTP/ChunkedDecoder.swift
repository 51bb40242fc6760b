/// Bounds of a chunked body beside its data, which is what an attacker can send for free.
struct ChunkLimits {
    /// Extensions of all chunks together. Nobody sends any; unbounded they would be a body that no
    /// body limit sees.
    var extensionBytes = 4 * 1024
    /// The trailer section, and its number of fields. Trailers are read, bounded and not merged into the head.
    var trailerBytes = 8 * 1024
    var trailerCount = 32
}

/// Undoes the chunked transfer coding, in whatever pieces it comes. RFC 9112, section 7.1.
///
/// A chunk size is hexadecimal digits and nothing else: no sign, no prefix, no space before it, none
/// behind it unless an extension follows, no more digits than 64 bits have; CRLF ends every line and
/// follows every chunk. Readers that are more generous than each other disagree about where the next
/// request starts.
struct ChunkedDecoder {
    private enum State {
        case sizeStart, size, blankBehindSize, chunkExtension, sizeLineFeed, data, dataReturn, dataLineFeed, trailers, complete
    }

    private let limits: ChunkLimits
    private let maximumBytes: Int
    private var state = State.sizeStart
    private var sizeDigits = 0
    private var remaining = 0
    private var extensionBytes = 0
    private var trailerSection = FieldSection()
    private var trailerBytes: [UInt8] = []
    /// Bytes of data decoded so far.
    private(set) var decodedBytes = 0

    /// - Parameter maximumBytes: the most data the body may have; a chunk that would exceed it is
    ///   refused when its size is announced.
    init(maximumBytes: Int, limits: ChunkLimits = ChunkLimits()) {
        self.maximumBytes = maximumBytes
        self.limits = limits
    }

    var isComplete: Bool { state == .complete }

    /// The trailer fields; meaningful once complete.
    var trailers: Fields {
        Fields(bytes: trailerBytes, entries: trailerSection.entries)
    }

    /// Takes what belongs to the body from the front of `input` and appends its data to `output`.
    ///
    /// - Returns: how many bytes were taken: all of them unless the body is complete.
    /// - Throws: 400 when malformed, 413 above `maximumBytes`, 431 for a trailer section too large.
    mutating func decode(
        _ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
    ) throws(ProtocolError) -> Int {
        var index = 0
        while index < input.count {
            switch state {
            case .sizeStart, .size:
                try takeSize(input[index])
                index += 1
            case .blankBehindSize, .chunkExtension:
                try takeExtension(input[index])
                index += 1
            case .sizeLineFeed:
                guard input[index] == Octet.lineFeed else { throw .malformed("a CR without LF") }
                state = remaining == 0 ? .trailers : .data
                index += 1
            case .data:
                let piece = input[index..<min(input.count, index + remaining)]
                output.append(contentsOf: UnsafeBufferPointer(rebasing: piece))
                remaining -= piece.count
                decodedBytes += piece.count
                index += piece.count
                if remaining == 0 { state = .dataReturn }
            case .dataReturn:
                guard input[index] == Octet.carriageReturn else { throw .malformed("a chunk longer than its size") }
                state = .dataLineFeed
                index += 1
            case .dataLineFeed:
                guard input[index] == Octet.lineFeed else { throw .malformed("a CR without LF") }
                state = .sizeStart
                index += 1
            case .trailers:
                index = try takeTrailers(input, from: index)
            case .complete:
                return index
            }
        }
        return index
    }

    private mutating func takeSize(_ byte: UInt8) throws(ProtocolError) {
        if let digit = Octet.hexValue(byte) {
            if state == .sizeStart {
                sizeDigits = 0
                remaining = 0
                state = .size
            }
            sizeDigits += 1
            // 15 digits are 60 bits: they fit, and the shift cannot overflow.
            guard sizeDigits <= 15 else { throw .malformed("a chunk size with too many digits") }
            remaining = remaining << 4 | Int(digit)
            return
        }
        guard state == .size else { throw .malformed("a chunk without a size") }
        guard remaining <= maximumBytes - decodedBytes else {
            throw .contentTooLarge("the body is larger than \(maximumBytes) bytes")
        }
        switch byte {
        case Octet.carriageReturn: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .chunkExtension
        case Octet.space, Octet.tab: state = .blankBehindSize
        default: throw .malformed("a bad chunk size")
        }
    }

    /// Extensions mean nothing here; section 7.1.1 wants the blanks before one read over.
    private mutating func takeExtension(_ byte: UInt8) throws(ProtocolError) {
        switch state {
        case .blankBehindSize where byte == UInt8(ascii: ";"):
            state = .chunkExtension
        case .blankBehindSize:
            guard Octet.isBlank(byte) else { throw .malformed("white space behind a chunk size") }
        case _ where byte == Octet.carriageReturn:
            state = .sizeLineFeed
            return
        default:
            guard ByteClass.contains(byte, .fieldValue) else { throw .malformed("a control byte in a chunk extension") }
        }
        extensionBytes += 1
        guard extensionBytes <= limits.extensionBytes else {
            throw .malformed("chunk extensions of more than \(limits.extensionBytes) bytes")
        }
    }

    private mutating func takeTrailers(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int
    ) throws(ProtocolError) -> Int {
        let base = trailerBytes.count
        let rest = UnsafeBufferPointer(rebasing: input[start...])
        let visible = UnsafeBufferPointer(rebasing: rest.prefix(limits.trailerBytes - base))
        let taken = try trailerSection.scan(visible, from: 0, base: base, fieldCount: limits.trailerCount)
        trailerBytes.append(contentsOf: UnsafeBufferPointer(rebasing: visible.prefix(taken)))
        if trailerSection.isComplete {
            state = .complete
        } else if rest.count > visible.count {
            throw .fieldsTooLarge("trailers of more than \(limits.trailerBytes) bytes")
        }
        return start + taken
    }
}
