/// A place in the text that knows its line and column.
///
/// The text ends in a NUL (see `SourceText`), so looking ahead needs no bounds.
struct Cursor {
    private let bytes: [UInt8]
    private(set) var offset = 0
    private(set) var line = 1
    /// Counted from 0 as indentation is.
    private(set) var column = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var byte: UInt8 { bytes[offset] }
    var position: YAMLPosition { YAMLPosition(line: line, column: column + 1) }
    var isAtEnd: Bool { byte == 0 }

    func peek(_ distance: Int) -> UInt8 {
        let index = offset + distance
        return index < bytes.count ? bytes[index] : 0
    }

    func text(from start: Int) -> ArraySlice<UInt8> { bytes[start..<offset] }

    /// Past one byte that is no line break.
    mutating func advance() {
        if byte & 0xC0 != 0x80 { column += 1 }
        offset += 1
    }

    mutating func advance(_ count: Int) {
        for _ in 0..<count { advance() }
    }

    mutating func skipSpaces() {
        while byte == .space { advance() }
    }

    /// Past CR LF, LF or CR.
    mutating func advanceLine() {
        offset += byte == .carriageReturn && peek(1) == .lineFeed ? 2 : 1
        line += 1
        column = 0
    }

    /// `---` or `...` in the first column with nothing attached.
    var isAtDocumentMarker: Bool {
        column == 0 && (byte == .dash || byte == .dot) && peek(1) == byte && peek(2) == byte
            && peek(3).isSpaceOrEnd
    }
}

extension UInt8 {
    static let tab = UInt8(ascii: "\t"), lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " "), dash = UInt8(ascii: "-"), dot = UInt8(ascii: ".")
    static let colon = UInt8(ascii: ":"), hash = UInt8(ascii: "#"), question = UInt8(ascii: "?")
    static let quote = UInt8(ascii: "\""), apostrophe = UInt8(ascii: "'"), backslash = UInt8(ascii: "\\")

    var isBreak: Bool { self == .lineFeed || self == .carriageReturn }
    var isBreakOrEnd: Bool { isBreak || self == 0 }
    var isBlank: Bool { self == .space || self == .tab }
    var isSpaceOrEnd: Bool { isBlank || isBreakOrEnd }
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    /// One of `, [ ] { }`.
    var isFlowIndicator: Bool {
        switch self {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
        default: false
        }
    }

    var hexDigit: UInt32? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
