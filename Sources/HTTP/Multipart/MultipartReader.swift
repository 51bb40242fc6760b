import Glibc

/// Takes a form apart, from the first byte of its body to the closing boundary. RFC 2046, section
/// 5.1.1: a delimiter is CRLF, two hyphens and the boundary, and belongs to no part.
///
/// Every byte is looked at a bounded number of times, whatever the body.
struct MultipartReader {
    private let body: [UInt8]
    /// CRLF, two hyphens, boundary.
    private let delimiter: [UInt8]
    private let limits: MultipartLimits
    private var position = 0

    init(_ body: [UInt8], boundary: [UInt8], limits: MultipartLimits) {
        self.body = body
        self.limits = limits
        delimiter = Array("\r\n--".utf8) + boundary
    }

    mutating func parts() throws(MultipartError) -> [MultipartForm.Part] {
        var parts: [MultipartForm.Part] = []
        try skipPreamble()
        while try boundaryLine(after: parts.count) == .opens {
            guard parts.count < limits.parts else { throw .tooManyParts(most: limits.parts) }
            let head = try MultipartHead(lines(of: parts.count + 1), part: parts.count + 1, limits: limits)
            parts.append(
                MultipartForm.Part(
                    name: head.name, filename: head.filename, contentType: head.contentType, body: try partBody()))
        }
        return parts
    }

    /// To behind the first boundary, which may be the very beginning.
    private mutating func skipPreamble() throws(MultipartError) {
        let opening = delimiter.dropFirst(2)
        if body.starts(with: opening) {
            position = opening.count
        } else if let start = nextDelimiter(from: 0) {
            position = start + delimiter.count
        } else {
            throw .boundaryNotFound
        }
    }

    private enum BoundaryLine { case opens, closes }

    /// What follows a boundary: the line's end, or `--` and the form's. Blanks in between are padding
    /// that transport may have added.
    private mutating func boundaryLine(after parts: Int) throws(MultipartError) -> BoundaryLine {
        let hyphens = body[position...].prefix(2)
        let closes = hyphens.elementsEqual("--".utf8)
        if closes { position += 2 }
        while position < body.count, Octet.isBlank(body[position]) { position += 1 }
        if closes {
            // Whatever comes after the line is the epilogue.
            guard position == body.count || body[position] == Octet.carriageReturn || body[position] == Octet.lineFeed
            else { throw .badBoundaryLine(afterParts: parts) }
            return .closes
        }
        guard body.count - position >= 2 else { throw .truncated }
        guard isLineEnd(at: position) else { throw .badBoundaryLine(afterParts: parts) }
        position += 2
        return .opens
    }

    /// The header lines of a part, without their ends; afterwards the position is behind the empty line.
    private mutating func lines(of part: Int) throws(MultipartError) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        let start = position
        while true {
            let end = lineEnd()
            guard (end ?? body.count) - start <= limits.headBytes else {
                throw .headTooLarge(part: part, mostBytes: limits.headBytes)
            }
            guard let end, end + 1 < body.count else { throw .truncated }
            guard isLineEnd(at: end) else { throw .badHeader(part: part) }
            let line = body[position..<end]
            position = end + 2
            if line.isEmpty { return lines }
            lines.append(line)
        }
    }

    /// Up to the next delimiter. A part without a body may end with its headers, whose empty line is
    /// then the delimiter's own.
    private mutating func partBody() throws(MultipartError) -> ArraySlice<UInt8> {
        guard let end = nextDelimiter(from: position - 2) else { throw .truncated }
        let start = min(position, end)
        position = end + delimiter.count
        return body[start..<end]
    }

    /// The next CR or LF.
    private func lineEnd() -> Int? {
        // Bounded by the limit: without it, a body without line ends would be read to its end.
        let window = body[position...].prefix(limits.headBytes + 1)
        return window.firstIndex { $0 == Octet.carriageReturn || $0 == Octet.lineFeed }
    }

    private func isLineEnd(at index: Int) -> Bool {
        body[index] == Octet.carriageReturn && body[index + 1] == Octet.lineFeed
    }

    /// Linear: the delimiter has one CR, its first byte, so no two attempts overlap.
    private func nextDelimiter(from start: Int) -> Int? {
        body.withUnsafeBytes { body in
            delimiter.withUnsafeBytes { delimiter in
                guard let base = body.baseAddress, let wanted = delimiter.baseAddress else { return nil }
                var index = start
                while index + delimiter.count <= body.count,
                    let found = memchr(base + index, Int32(Octet.carriageReturn), body.count - index)
                {
                    index = UnsafeRawPointer(found) - base
                    guard index + delimiter.count <= body.count else { return nil }
                    if memcmp(base + index, wanted, delimiter.count) == 0 { return index }
                    index += 1
                }
                return nil
            }
        }
    }
}
