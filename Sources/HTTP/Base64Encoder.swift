/// Encodes bytes that come in pieces of any size: the bytes of a begun group of three are carried
/// from piece to piece, so the text is the same as that of the whole.
package struct Base64Encoder: Sendable {
    /// The 0, 1 or 2 bytes that have not filled a group, in the low bits.
    private var carry: UInt32 = 0
    private var carried = 0

    package init() {}

    /// Appends what `piece` completes to `text`. Room that is reserved beforehand is used.
    package mutating func encode(_ piece: [UInt8], into text: inout [UInt8]) {
        piece.withUnsafeBytes { encode($0, into: &text) }
    }

    /// As for an array.
    package mutating func encode(_ piece: UnsafeRawBufferPointer, into text: inout [UInt8]) {
        guard let base = piece.baseAddress else { return }
        var source = base.assumingMemoryBound(to: UInt8.self)
        var left = piece.count
        while carried > 0, left > 0 {
            take(source.pointee, into: &text)
            source += 1
            left -= 1
        }
        let groups = left / 3
        text.appendUninitialized(groups * 4) { target in
            Base64Encoder.encode(groups: groups, from: source, to: target)
        }
        for index in (groups * 3)..<left { take(source[index], into: &text) }
    }

    /// Appends the last group with its padding, if one was begun. The encoder is as new afterwards.
    package mutating func finish(into text: inout [UInt8]) {
        guard carried > 0 else { return }
        let bits = carry << (carried == 1 ? 16 : 8)
        text.append(Base64Alphabet.characters[Int(bits >> 18)])
        text.append(Base64Alphabet.characters[Int(bits >> 12 & 63)])
        text.append(carried == 1 ? Base64Alphabet.padding : Base64Alphabet.characters[Int(bits >> 6 & 63)])
        text.append(Base64Alphabet.padding)
        self = Base64Encoder()
    }

    /// One byte at a time: for the few that straddle two pieces.
    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
        carry = carry << 8 | UInt32(byte)
        carried += 1
        guard carried == 3 else { return }
        for shift in [18, 12, 6, 0] as [UInt32] {
            text.append(Base64Alphabet.characters[Int(carry >> shift & 63)])
        }
        self = Base64Encoder()
    }

    /// Two characters per look-up in a table of 4096 pairs: twelve bits at once, two groups a turn.
    private static func encode(groups: Int, from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
        let pairs = Base64Alphabet.pairs
        let input = UnsafeRawPointer(source)
        let output = UnsafeMutableRawPointer(target)
        var read = 0
        var written = 0
        // Eight bytes are loaded for the six that are used: the last groups are left to the other loop.
        let wideEnd = groups * 3 - 8
        while read <= wideEnd {
            let bits = UInt64(bigEndian: input.loadUnaligned(fromByteOffset: read, as: UInt64.self))
            let first = UInt64(pairs[Int(truncatingIfNeeded: bits >> 52)])
            let second = UInt64(pairs[Int(truncatingIfNeeded: bits >> 40 & 0xfff)])
            let third = UInt64(pairs[Int(truncatingIfNeeded: bits >> 28 & 0xfff)])
            let fourth = UInt64(pairs[Int(truncatingIfNeeded: bits >> 16 & 0xfff)])
            let characters = first | second << 16 | third << 32 | fourth << 48
            output.storeBytes(of: characters.littleEndian, toByteOffset: written, as: UInt64.self)
            read &+= 6
            written &+= 8
        }
        while read < groups * 3 {
            let bits = Int(source[read]) << 16 | Int(source[read + 1]) << 8 | Int(source[read + 2])
            output.storeBytes(of: pairs[bits >> 12].littleEndian, toByteOffset: written, as: UInt16.self)
            output.storeBytes(of: pairs[bits & 0xfff].littleEndian, toByteOffset: written + 2, as: UInt16.self)
            read &+= 3
            written &+= 4
        }
    }
}
