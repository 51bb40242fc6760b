/// A deflate encoder (RFC 1951) for data made of long runs of one byte.
///
/// One block with the fixed Huffman code; a run is its first byte as a literal and then copies
/// from distance 1, 258 bytes at a time, in 13 bits each. Nothing is searched for and the
/// uncompressed data is never in memory.
struct RunLengthDeflate {
    private var bits: BitWriter

    init(reserving capacity: Int) {
        bits = BitWriter(reserving: capacity)
        bits.write(0b011, width: 3)  // the last block; fixed Huffman code
    }

    mutating func run(of byte: UInt8, count: Int) {
        guard count > 0 else { return }
        literal(byte)
        var left = count - 1
        while left >= 3 {
            let length = min(left, Self.longestCopy)
            copyFromDistanceOne(length)
            left -= length
        }
        for _ in 0..<left { literal(byte) }
    }

    consuming func finished() -> [UInt8] {
        bits.write(0, width: 7)  // end of block: code 256
        return bits.finished()
    }

    static let longestCopy = 258

    /// Section 3.2.6: 8 bits from 0x30 for 0...143, 9 bits from 0x190 for 144...255.
    private mutating func literal(_ byte: UInt8) {
        if byte < 144 {
            huffman(0x30 + UInt32(byte), width: 8)
        } else {
            huffman(0x190 + UInt32(byte - 144), width: 9)
        }
    }

    private mutating func copyFromDistanceOne(_ length: Int) {
        let class_ = Self.lengthClasses.last { $0.base <= length } ?? Self.lengthClasses[0]
        if class_.symbol < 280 {
            huffman(UInt32(class_.symbol - 256), width: 7)
        } else {
            huffman(UInt32(0xC0 + class_.symbol - 280), width: 8)
        }
        bits.write(UInt32(length - class_.base), width: class_.extraBits)
        bits.write(0, width: 5)  // distance code 0: one byte back
    }

    /// Huffman codes go out most significant bit first (section 3.1.1).
    private mutating func huffman(_ code: UInt32, width: Int) {
        var reversed: UInt32 = 0
        for bit in 0..<width where code & (1 << UInt32(bit)) != 0 {
            reversed |= 1 << UInt32(width - 1 - bit)
        }
        bits.write(reversed, width: width)
    }

    /// Section 3.2.5: length symbols 257...285 with their first length and extra bits.
    private static let lengthClasses: [(symbol: Int, base: Int, extraBits: Int)] = {
        var classes: [(symbol: Int, base: Int, extraBits: Int)] = []
        var base = 3
        for symbol in 257...284 {
            let extra = symbol < 265 ? 0 : (symbol - 261) / 4
            classes.append((symbol, base, extra))
            base += 1 << extra
        }
        classes.append((285, 258, 0))
        return classes
    }()
}
