/// Base64 with the standard alphabet and padding. RFC 4648, section 4.
package enum Base64 {
    /// Characters that `byteCount` bytes become.
    package static func encodedCount(of byteCount: Int) -> Int {
        (byteCount + 2) / 3 * 4
    }

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var encoder = Base64Encoder()
        var text: [UInt8] = []
        text.reserveCapacity(encodedCount(of: bytes.count))
        encoder.encode(bytes, into: &text)
        encoder.finish(into: &text)
        return text
    }

    /// Bytes that `text` stands for.
    ///
    /// Strict: four characters a group, padding at the very end only, no white space, and the
    /// bits that the padding leaves over are zero, so that one value has one text.
    package static func decode(_ text: Substring) throws(Base64Error) -> [UInt8] {
        var text = text
        let result = text.withUTF8 { bytes in Result { () throws(Base64Error) in try Base64Decoder.decode(bytes) } }
        return try result.get()
    }

    /// As for text.
    package static func decode(_ text: [UInt8]) throws(Base64Error) -> [UInt8] {
        let result = text.withUnsafeBufferPointer { bytes in
            Result { () throws(Base64Error) in try Base64Decoder.decode(bytes) }
        }
        return try result.get()
    }
}

/// A text that is not strict base64.
package struct Base64Error: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where the first character is that cannot stand there, in bytes from 0; the length of the
    /// text when it ends too early.
    package let offset: Int

    package var description: String { "not base64 at byte \(offset)" }
}
