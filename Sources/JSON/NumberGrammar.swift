/// `number = [ minus ] int [ frac ] [ exp ]`, RFC 8259, section 6.
enum NumberGrammar {
    /// Moves `position` over one number, as far as the grammar carries.
    ///
    /// - Returns: `nil` when a number ends at `position`; otherwise what was expected there.
    @inline(__always)
    static func fault(in bytes: UnsafeBufferPointer<UInt8>, from position: inout Int) -> String? {
        var at = position
        let end = bytes.count
        defer { position = at }

        if at < end, bytes[at] == UInt8(ascii: "-") { at += 1 }
        guard at < end, isDigit(bytes[at]) else { return "expected a digit" }
        if bytes[at] == UInt8(ascii: "0") {
            at += 1
            if at < end, isDigit(bytes[at]) { return "a number must not start with a zero" }
        } else {
            skipDigits(in: bytes, from: &at)
        }
        if at < end, bytes[at] == UInt8(ascii: ".") {
            at += 1
            guard at < end, isDigit(bytes[at]) else { return "expected a digit after the decimal point" }
            skipDigits(in: bytes, from: &at)
        }
        if at < end, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < end, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
            guard at < end, isDigit(bytes[at]) else { return "expected a digit in the exponent" }
            skipDigits(in: bytes, from: &at)
        }
        return nil
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    @inline(__always)
    private static func skipDigits(in bytes: UnsafeBufferPointer<UInt8>, from at: inout Int) {
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
    }
}
