/// Finds the bytes in a string that are not themselves: quotes, backslashes, control characters.
enum StringScan {
    /// - Parameter isASCII: set to `false` when a byte beyond ASCII was passed.
    /// - Returns: the index of the first `"`, `\` or byte below 0x20, or the count of `bytes`.
    @inline(__always)
    static func run(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isASCII: inout Bool) -> Int {
        var at = start
        let end = bytes.count
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return end }
        var seen: UInt64 = 0
        // Four words at once through prompts; where the run stops within them is for the next loop to say.
        var passed = SIMD4<UInt64>()
        while end - at >= 32 {
            let words = base.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
            guard !hasStop(words) else { break }
            passed |= words
            at += 32
        }
        let seenThere = passed.lowHalf | passed.highHalf
        seen |= seenThere.x | seenThere.y
        while end - at >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let stops = stops(in: word)
            if stops != 0 {
                let passed = stops.trailingZeroBitCount / 8
                seen |= word & ((1 << UInt64(8 * passed)) - 1)
                if seen & highBits != 0 { isASCII = false }
                return at + passed
            }
            seen |= word
            at += 8
        }
        if seen & highBits != 0 { isASCII = false }
        while at < end {
            let byte = bytes[at]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return at }
            if byte >= 0x80 { isASCII = false }
            at += 1
        }
        return at
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// The high bit of every byte that stops a run; a borrow may mark bytes above the lowest one
    /// falsely, and only the lowest is used.
    ///
    /// A byte is below a bound where subtracting borrows and its own high bit is not set; that bit is the same in
    /// the word and in what it is compared by, all of which is ASCII.
    @inline(__always)
    private static func stops(in word: UInt64) -> UInt64 {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        return ((word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones)) & ~word & highBits
    }

    /// The same of four words, without a word about where.
    @inline(__always)
    private static func hasStop(_ words: SIMD4<UInt64>) -> Bool {
        let ones = SIMD4(repeating: ones)
        let quote = words ^ (ones &* 0x22)
        let backslash = words ^ (ones &* 0x5C)
        let stops = ((words &- ones &* 0x20) | (quote &- ones) | (backslash &- ones)) & ~words
        let folded = stops.lowHalf | stops.highHalf
        return (folded.x | folded.y) & highBits != 0
    }
}
