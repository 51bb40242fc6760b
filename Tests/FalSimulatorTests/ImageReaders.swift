@testable import FalSimulator

/// Reads a PNG file's chunks; nil when signature, lengths or checksums are wrong.
enum PNGReader {
    static func chunks(of file: [UInt8]) -> [(type: String, contents: [UInt8])]? {
        guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return nil }
        var chunks: [(type: String, contents: [UInt8])] = []
        var at = 8
        while at + 12 <= file.count {
            let length = number(file, at)
            let end = at + 8 + length
            guard end + 4 <= file.count, number(file, end) == checksum(file[(at + 4)..<end]) else { return nil }
            chunks.append((String(decoding: file[(at + 4)..<(at + 8)], as: UTF8.self), Array(file[(at + 8)..<end])))
            at = end + 4
        }
        return at == file.count ? chunks : nil
    }

    static func dimensions(in header: [UInt8]) -> [Int] { [number(header, 0), number(header, 4)] }

    private static func number(_ bytes: [UInt8], _ at: Int) -> Int {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    /// Bit by bit, as the specification defines it; no table shared with the writer.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> Int {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return Int(~crc)
    }
}

/// Reads a JPEG file's segments up to the scan; nil when it is not well formed.
enum JPEGReader {
    static func segments(of file: [UInt8]) -> [(marker: UInt8, contents: [UInt8])]? {
        guard file.starts(with: [0xFF, 0xD8]), file.suffix(2) == [0xFF, 0xD9] else { return nil }
        var segments: [(marker: UInt8, contents: [UInt8])] = []
        var at = 2
        while at + 4 <= file.count, segments.last?.marker != 0xDA {
            let length = Int(file[at + 2]) << 8 | Int(file[at + 3])
            guard file[at] == 0xFF, length >= 2, at + 2 + length <= file.count else { return nil }
            segments.append((file[at + 1], Array(file[(at + 4)..<(at + 2 + length)])))
            at += 2 + length
        }
        // Inside the scan 0xFF is followed by 0.
        let scan = file[at..<(file.count - 2)]
        for index in scan.indices.dropLast() where scan[index] == 0xFF && scan[index + 1] != 0 { return nil }
        return scan.last == 0xFF ? nil : segments
    }
}

/// Decodes the scan of a JPEG whose blocks are flat: Huffman tables and sampling from the file,
/// means instead of pixels; nil when a block has detail or the scan does not end where it should.
enum FlatJPEGReader {
    /// Luminance and chrominance, 0...255, of the first block of each row of macroblocks.
    static func rows(of file: [UInt8]) -> [[Int]]? {
        guard let segments = JPEGReader.segments(of: file) else { return nil }
        let frame = segments[2].contents
        let columns = ((Int(frame[3]) << 8 | Int(frame[4])) + 15) / 16
        let rows = ((Int(frame[1]) << 8 | Int(frame[2])) + 15) / 16
        let tables = segments.filter { $0.marker == 0xC4 }.map { codes(of: $0.contents) }
        let header = segments.reduce(2) { $0 + 4 + $1.contents.count }
        var reader = Bits(bytes: unstuffed(file[header..<(file.count - 2)]))
        var means = [0, 0, 0]
        var result: [[Int]] = []
        for _ in 0..<rows {
            for column in 0..<columns {
                for component in [0, 0, 0, 0, 1, 2] {
                    guard let category = reader.symbol(tables[0]), let bits = reader.take(category) else { return nil }
                    let isNegative = category > 0 && bits >> (category - 1) == 0
                    means[component] += isNegative ? bits - (1 << category) + 1 : bits
                    guard reader.symbol(tables[1]) == 0 else { return nil }
                }
                if column == 0 { result.append(means.map { $0 + 128 }) }
            }
        }
        return reader.isAtEnd ? result : nil
    }

    private static func codes(of table: [UInt8]) -> [[Int]: Int] {
        var codes: [[Int]: Int] = [:]
        var (code, at) = (0, 17)
        for length in 1...16 {
            for _ in 0..<Int(table[length]) {
                codes[[length, code]] = Int(table[at])
                code += 1
                at += 1
            }
            code <<= 1
        }
        return codes
    }

    private static func unstuffed(_ scan: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var isStuffing = false
        for byte in scan {
            if !isStuffing { bytes.append(byte) }
            isStuffing = byte == 0xFF && !isStuffing
        }
        return bytes
    }

    private struct Bits {
        let bytes: [UInt8]
        var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// Less than a byte is left, and that is filled with ones.
        var isAtEnd: Bool {
            let left = bytes.count * 8 - at
            return left < 8 && (left == 0 || bytes[bytes.count - 1] | UInt8(truncatingIfNeeded: 0xFF << left) == 0xFF)
        }

        mutating func take(_ count: Int) -> Int? {
            guard at + count <= bytes.count * 8 else { return nil }
            defer { at += count }
            return (at..<at + count).reduce(0) { $0 << 1 | Int(bytes[$1 / 8] >> UInt8(7 - $1 % 8) & 1) }
        }

        mutating func symbol(_ codes: [[Int]: Int]) -> Int? {
            var code = 0
            for length in 1...16 {
                guard let bit = take(1) else { return nil }
                code = code << 1 | bit
                if let symbol = codes[[length, code]] { return symbol }
            }
            return nil
        }
    }
}

/// A zlib reader for blocks with the fixed Huffman code; nil for anything else or a wrong checksum.
enum Inflate {
    static func zlib(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count > 6, (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0 else { return nil }
        var reader = Reader(bytes: bytes, at: 16)
        guard reader.bits(3) == 0b011 else { return nil }
        var output: [UInt8] = []
        while true {
            let symbol = reader.symbol()
            if symbol == 256 { break }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            let length = reader.length(symbol)
            guard reader.bits(5) == 0, let last = output.last else { return nil }
            output += [UInt8](repeating: last, count: length)
        }
        let checksum = bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in output {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return checksum == b << 16 | a ? output : nil
    }

    private struct Reader {
        let bytes: [UInt8]
        var at: Int

        mutating func bit() -> Int {
            defer { at += 1 }
            return at / 8 < bytes.count ? Int(bytes[at / 8] >> UInt8(at % 8) & 1) : 0
        }

        mutating func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }

        mutating func symbol() -> Int {
            var code = (0..<7).reduce(0) { value, _ in value << 1 | bit() }
            if code <= 0b0010111 { return 256 + code }
            code = code << 1 | bit()
            if (0x30...0xBF).contains(code) { return code - 0x30 }
            if (0xC0...0xC7).contains(code) { return 280 + code - 0xC0 }
            return 144 + (code << 1 | bit()) - 0x190
        }

        mutating func length(_ symbol: Int) -> Int {
            if symbol == 285 { return 258 }
            if symbol < 265 { return symbol - 254 }
            let extra = (symbol - 261) / 4
            return (4 + (symbol - 261) % 4) << extra + 3 + bits(extra)
        }
    }
}
