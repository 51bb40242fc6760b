import Glibc

extension [UInt8] {
    /// Appends the UTF-8 of a text in one copy: `append(contentsOf: text.utf8)` goes byte by byte.
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends all of `bytes` in one copy. There must be room for them.
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        precondition(bytes.count <= freeCapacity, "more bytes than there is room for")
        withUnsafeMutableBufferPointer { room, count in
            guard let start = room.baseAddress else { return }
            memcpy(start + count, source, bytes.count)
            count += bytes.count
        }
    }

    /// As above.
    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the UTF-8 of a text.
    mutating func append(text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }
}
