import Glibc

/// The byte classes of RFC 9110 and RFC 3986, one table lookup each.
struct ByteClass: OptionSet {
    let rawValue: UInt8

    /// `tchar`: method and field names. RFC 9110, section 5.6.2.
    static let token = ByteClass(rawValue: 1)
    /// VCHAR, SP, HTAB and obs-text: what may stand in a field value. RFC 9110, section 5.5.
    static let fieldValue = ByteClass(rawValue: 2)
    /// Visible ASCII: what a request target can be made of before its grammar is looked at.
    static let visible = ByteClass(rawValue: 4)
    /// `pchar`, `/` and `%`: a path. RFC 3986, section 3.3.
    static let path = ByteClass(rawValue: 8)
    /// A query. RFC 3986 allows no more than `path` and `?`, but browsers send the likes of `[`,
    /// `|` and `{` unescaped, and no framing depends on them. `#` never belongs to a target.
    static let query = ByteClass(rawValue: 16)
    /// `unreserved`, `sub-delims` and `%`: a registered host name. RFC 3986, section 3.2.2.
    static let host = ByteClass(rawValue: 32)
    /// What stands for itself in the path and query of a URL that we send.
    static let plainTarget = ByteClass(rawValue: 64)

    private static let letters = Array(UInt8(ascii: "a")...UInt8(ascii: "z")) + Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    private static let digits = Array(UInt8(ascii: "0")...UInt8(ascii: "9"))

    /// 256 entries, built once and never freed.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        func mark(_ bytes: some Sequence<UInt8>, _ kind: ByteClass) {
            for byte in bytes { table[Int(byte)] |= kind.rawValue }
        }
        let alphanumeric = letters + digits
        mark(alphanumeric + Array("!#$%&'*+-.^_`|~".utf8), .token)
        mark([9], .fieldValue)
        mark(UInt8(32)...126, .fieldValue)
        mark(UInt8(128)...255, .fieldValue)
        mark(UInt8(33)...126, .visible)
        mark(alphanumeric + Array("-._~!$&'()*+,;=:@/%".utf8), .path)
        mark((UInt8(33)...126).filter { $0 != UInt8(ascii: "#") }, .query)
        mark(alphanumeric + Array("-._~!$&'()*+,;=%".utf8), .host)
        mark(alphanumeric + Array("-._~!$&'()*+,;=:@/?[]".utf8), .plainTarget)
        return UnsafePointer(table)
    }()

    @inline(__always)
    static func contains(_ byte: UInt8, _ kind: ByteClass) -> Bool {
        table[Int(byte)] & kind.rawValue != 0
    }

    static func allAre(_ kind: ByteClass, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let table = table
        var common: UInt8 = 0xff
        for byte in bytes { common &= table[Int(byte)] }
        return common & kind.rawValue != 0
    }
}

/// The bytes with a meaning of their own in HTTP messages.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let percent = UInt8(ascii: "%")
    static let colon = UInt8(ascii: ":")

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    /// ASCII letters to lower case, everything else as it is.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are `text`, whose letters are lower case, in any case.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return equalsIgnoringCase(UnsafeBufferPointer(start: text.utf8Start, count: count))
    }

    func equalsIgnoringCase(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where Octet.lowercased(self[index]) != Octet.lowercased(other[index]) {
            return false
        }
        return true
    }

    /// What follows `text`, if that is how these bytes begin.
    func rest(behind text: String) -> UnsafeBufferPointer<UInt8>? {
        var text = text
        return text.withUTF8 { text in
            guard let start = baseAddress, let expected = text.baseAddress, text.count <= count,
                memcmp(start, expected, text.count) == 0
            else { return nil }
            return UnsafeBufferPointer(rebasing: self[text.count...])
        }
    }

    /// Where `byte` comes first.
    func firstOffset(of byte: UInt8) -> Int? {
        guard let start = baseAddress, let found = memchr(start, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(start)
    }

    /// Without spaces and tabs at both ends.
    var trimmed: UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = count
        while start < end, Octet.isBlank(self[start]) { start &+= 1 }
        while end > start, Octet.isBlank(self[end &- 1]) { end &-= 1 }
        return UnsafeBufferPointer(rebasing: self[start..<end])
    }

    /// The members of a comma-separated list, empty ones left out. RFC 9110, section 5.6.1.
    func forEachMember(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var start = 0
        while start <= count {
            var end = start
            while end < count, self[end] != UInt8(ascii: ",") { end &+= 1 }
            let member = UnsafeBufferPointer(rebasing: self[start..<end]).trimmed
            if !member.isEmpty { body(member) }
            start = end &+ 1
        }
    }
}
