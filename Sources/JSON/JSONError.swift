/// Where a document stops being JSON, and why.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1; a line ends with a line feed.
    package let line: Int
    /// Counted from 1, in Unicode scalars, so that an editor shows the same column.
    package let column: Int
    /// Bytes from the start of the document.
    package let offset: Int
    /// What is wrong, in words for the person who wrote the document.
    package let reason: String

    package init(line: Int, column: Int, offset: Int, reason: String) {
        self.line = line
        self.column = column
        self.offset = offset
        self.reason = reason
    }

    /// `line 3, column 14: expected ',' or '}', found 'x'`
    package var description: String {
        "line \(line), column \(column): \(reason)"
    }
}

extension JSONError {
    /// Finds line and column by walking to `offset`; runs once a failed document.
    init(_ reason: String, at offset: Int, in document: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in document[..<min(offset, document.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column, offset: offset, reason: reason)
    }
}
