/// Literal (`|`) and folded (`>`) scalars. YAML 1.2, section 8.1.
extension Scanner {
    private enum Chomping { case strip, clip, keep }

    private struct Header {
        var chomping = Chomping.clip
        /// Columns that the text is indented by, counted from the block around it.
        var indent: Int?
    }

    /// The cursor stands on the `|` or `>`.
    mutating func scanBlockScalar() throws(YAMLError) -> String {
        let isFolded = cursor.byte == UInt8(ascii: ">")
        let header = try scanHeader()
        let least = max(indentation + 1, 1)
        var breaks = 0
        let indent: Int
        if let given = header.indent {
            indent = least + given - 1
            breaks = skipBlankLines(indentedBy: indent)
        } else {
            indent = try detectIndent(least: least, breaks: &breaks)
        }
        var text: [UInt8] = []
        var endsInBreak = false
        var previousIsSpaced = false
        var isFirst = true
        while cursor.column == indent && !cursor.isAtEnd {
            let isSpaced = cursor.byte.isBlank
            if isFirst {
                text += lineFeeds(breaks)
            } else if isFolded && !previousIsSpaced && !isSpaced {
                text += breaks == 0 ? [.space] : lineFeeds(breaks)
            } else {
                text += lineFeeds(breaks + 1)
            }
            let start = cursor.offset
            while !cursor.byte.isBreakOrEnd { cursor.advance() }
            text += cursor.text(from: start)
            endsInBreak = cursor.byte.isBreak
            if endsInBreak { cursor.advanceLine() }
            breaks = skipBlankLines(indentedBy: indent)
            previousIsSpaced = isSpaced
            isFirst = false
        }
        if header.chomping != .strip && endsInBreak { text.append(.lineFeed) }
        if header.chomping == .keep { text += lineFeeds(breaks) }
        return String(decoding: text, as: UTF8.self)
    }

    private func lineFeeds(_ count: Int) -> [UInt8] { Array(repeating: .lineFeed, count: count) }

    /// `|`, an indentation of 1 to 9 and `-` or `+` in either order, perhaps a comment.
    private mutating func scanHeader() throws(YAMLError) -> Header {
        let start = cursor.position
        var header = Header()
        var hasChomping = false
        cursor.advance()
        while !cursor.byte.isSpaceOrEnd {
            switch cursor.byte {
            case .dash where !hasChomping: (header.chomping, hasChomping) = (.strip, true)
            case UInt8(ascii: "+") where !hasChomping: (header.chomping, hasChomping) = (.keep, true)
            case UInt8(ascii: "1")...UInt8(ascii: "9") where header.indent == nil:
                header.indent = Int(cursor.byte - UInt8(ascii: "0"))
            default:
                throw YAMLError("behind '|' or '>' stand at most one digit from 1 to 9 and one '-' or '+'", at: start)
            }
            cursor.advance()
        }
        cursor.skipSpaces()
        if cursor.byte == .hash {
            while !cursor.byte.isBreakOrEnd { cursor.advance() }
        }
        guard cursor.byte.isBreakOrEnd else {
            throw YAMLError("the text of a '|' or '>' scalar begins on the next line", at: cursor.position)
        }
        if cursor.byte.isBreak { cursor.advanceLine() }
        return header
    }

    /// Past blank lines to the first line of text, whose indentation is the scalar's.
    private mutating func detectIndent(least: Int, breaks: inout Int) throws(YAMLError) -> Int {
        var widestBlank: (column: Int, position: YAMLPosition)?
        while cursor.byte == .space || cursor.byte.isBreak {
            if cursor.byte == .space {
                cursor.advance()
            } else {
                if cursor.column > widestBlank?.column ?? 0 { widestBlank = (cursor.column, cursor.position) }
                cursor.advanceLine()
                breaks += 1
            }
        }
        let isText = !cursor.isAtEnd && cursor.column >= least
        if isText, let widestBlank, widestBlank.column > cursor.column {
            throw YAMLError(
                "this blank line is indented deeper than the text that follows it: remove its spaces",
                at: widestBlank.position)
        }
        return isText ? cursor.column : .max
    }

    /// Past lines that hold nothing but spaces, up to `indent` of them; stops at the first
    /// character of a line of text.
    private mutating func skipBlankLines(indentedBy indent: Int) -> Int {
        var breaks = 0
        while true {
            while cursor.column < indent && cursor.byte == .space { cursor.advance() }
            guard cursor.byte.isBreak else { return breaks }
            cursor.advanceLine()
            breaks += 1
        }
    }
}
