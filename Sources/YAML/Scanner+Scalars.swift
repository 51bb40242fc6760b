/// Plain and quoted scalars and how their lines are folded. YAML 1.2, sections 7.3 and 6.5.
extension Scanner {
    /// Text without quotes. Ends before `: `, ` #`, a line that is not indented, and inside
    /// flow collections before their indicators.
    mutating func scanPlainScalar() throws(YAMLError) -> String {
        var text: [UInt8] = []
        let leastColumn = indentation + 1
        while cursor.byte != .hash {
            let start = cursor.offset
            while !(try plainScalarEnds()) { cursor.advance() }
            guard cursor.offset > start else { break }
            keyMayBegin = false
            text += cursor.text(from: start)
            let blanks = skipPlainBlanks()
            if blanks.isEmpty || (!isInFlow && cursor.column < leastColumn) { break }
            // What follows decides whether the blanks belong to the text.
            let ends = try plainScalarEnds()
            if ends || cursor.byte == .hash || cursor.isAtDocumentMarker { break }
            text += blanks
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func plainScalarEnds() throws(YAMLError) -> Bool {
        let byte = cursor.byte
        if byte.isSpaceOrEnd { return true }
        let next = cursor.peek(1)
        if byte == .colon { return next.isSpaceOrEnd || (isInFlow && next.isFlowIndicator) }
        guard isInFlow else { return false }
        guard byte != .question else {
            throw YAMLError("inside [ ] and { } a text with '?' needs quotes", at: cursor.position)
        }
        return byte.isFlowIndicator
    }

    /// Past spaces and line breaks behind a piece of plain text; returns what they stand for.
    private mutating func skipPlainBlanks() -> [UInt8] {
        let start = cursor.offset
        cursor.skipSpaces()
        guard cursor.byte.isBreak else { return Array(cursor.text(from: start)) }
        keyMayBegin = true
        var breaks = -1
        while cursor.byte == .space || cursor.byte.isBreak {
            if cursor.byte == .space {
                cursor.advance()
            } else {
                cursor.advanceLine()
                breaks += 1
                if cursor.isAtDocumentMarker { break }
            }
        }
        return breaks == 0 ? [.space] : Array(repeating: .lineFeed, count: breaks)
    }

    /// Text in single or double quotes; the cursor stands on the first quote.
    mutating func scanQuotedScalar() throws(YAMLError) -> String {
        let start = cursor.position
        let quote = cursor.byte
        var text: [UInt8] = []
        cursor.advance()
        while true {
            let byte = cursor.byte
            if byte == quote {
                cursor.advance()
                guard quote == .apostrophe && cursor.byte == .apostrophe else { break }
                text.append(.apostrophe)
                cursor.advance()
            } else if byte == .backslash && quote == .quote {
                try scanEscape(into: &text)
            } else if byte.isBlank || byte.isBreak {
                try foldQuotedBlanks(into: &text, openedAt: start)
            } else if cursor.isAtEnd {
                throw YAMLError("the quote that begins here is never closed", at: start)
            } else {
                text.append(byte)
                cursor.advance()
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func foldQuotedBlanks(into text: inout [UInt8], openedAt start: YAMLPosition) throws(YAMLError) {
        let blanksStart = cursor.offset
        while cursor.byte.isBlank { cursor.advance() }
        guard cursor.byte.isBreak else {
            text += cursor.text(from: blanksStart)
            return
        }
        let breaks = try skipQuotedBreaks(openedAt: start)
        text += breaks == 1 ? [.space] : Array(repeating: .lineFeed, count: breaks - 1)
    }

    /// Past line breaks and the indentation of the lines that follow; returns their number.
    private mutating func skipQuotedBreaks(openedAt start: YAMLPosition) throws(YAMLError) -> Int {
        var breaks = 0
        while cursor.byte.isBreak {
            cursor.advanceLine()
            breaks += 1
            guard !cursor.isAtDocumentMarker else {
                throw YAMLError("the quote that begins here is still open at a document marker", at: start)
            }
            while cursor.byte.isBlank { cursor.advance() }
        }
        return breaks
    }

    private mutating func scanEscape(into text: inout [UInt8]) throws(YAMLError) {
        let start = cursor.position
        cursor.advance()
        if cursor.byte.isBreak {
            let breaks = try skipQuotedBreaks(openedAt: start)
            text += Array(repeating: .lineFeed, count: breaks - 1)
            return
        }
        guard let escape = Escape(cursor.byte) else {
            throw YAMLError("this escape is not known; a backslash itself is written \\\\", at: start)
        }
        cursor.advance()
        switch escape {
        case .scalar(let scalar): text += Array(String(scalar).utf8)
        case .code(let digits):
            var value: UInt32 = 0
            for _ in 0..<digits {
                guard let digit = cursor.byte.hexDigit else {
                    throw YAMLError("this escape needs \(digits) hexadecimal digits", at: start)
                }
                value = value << 4 | digit
                cursor.advance()
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw YAMLError("this escape is no Unicode character; surrogate pairs are written as one \\U escape", at: start)
            }
            text += Array(String(scalar).utf8)
        }
    }
}

/// What stands behind a backslash in double quotes. YAML 1.2, section 5.7.
private enum Escape {
    case scalar(Unicode.Scalar)
    case code(digits: Int)

    init?(_ byte: UInt8) {
        switch Unicode.Scalar(byte) {
        case "0": self = .scalar("\0")
        case "a": self = .scalar("\u{07}")
        case "b": self = .scalar("\u{08}")
        case "t", "\t": self = .scalar("\t")
        case "n": self = .scalar("\n")
        case "v": self = .scalar("\u{0B}")
        case "f": self = .scalar("\u{0C}")
        case "r": self = .scalar("\r")
        case "e": self = .scalar("\u{1B}")
        case " ": self = .scalar(" ")
        case "\"": self = .scalar("\"")
        case "/": self = .scalar("/")
        case "\\": self = .scalar("\\")
        case "N": self = .scalar("\u{85}")
        case "_": self = .scalar("\u{A0}")
        case "L": self = .scalar("\u{2028}")
        case "P": self = .scalar("\u{2029}")
        case "x": self = .code(digits: 2)
        case "u": self = .code(digits: 4)
        case "U": self = .code(digits: 8)
        default: return nil
        }
    }
}
