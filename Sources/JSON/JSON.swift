/// What to do with an object that names a member twice, which RFC 8259, section 4, leaves open.
package enum DuplicateKeys: Sendable {
    /// An error. For requests: two parsers that choose differently are how checks are bypassed.
    case reject
    /// The last value in the place of the first, as Python, JavaScript and fal's own clients read it.
    case keepLast
}

/// Reads JSON, strictly by RFC 8259: UTF-8 without a byte order mark, no trailing commas, no
/// comments, no lone surrogates, nothing after the value but blanks.
package enum JSON {
    /// Arrays and objects inside one another. No request or answer of fal's nests beyond ten;
    /// the bound keeps the recursion of reader, writer and deallocation off the end of the stack.
    package static let maximumDepth = 128

    /// - Parameter maximumValues: strings, numbers, arrays and so on, however deep; of a stranger's document, which
    ///   may take two bytes for a value that takes forty in memory.
    /// - Throws: where and why the document is not JSON, or has too many values.
    package static func parse(
        _ bytes: [UInt8],
        duplicateKeys: DuplicateKeys = .reject,
        maximumValues: Int = .max
    ) throws(JSONError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            var parser = JSONParser(buffer, duplicateKeys: duplicateKeys, maximumValues: maximumValues)
            return try parser.document()
        }
    }

    /// - Throws: where and why the document is not JSON.
    package static func parse(
        _ text: String,
        duplicateKeys: DuplicateKeys = .reject,
        maximumValues: Int = .max
    ) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), duplicateKeys: duplicateKeys, maximumValues: maximumValues)
    }

    /// Reads only the members called `names` of the object that a document is; of two of one name the last.
    /// Everything else is checked as by `parse` and dropped as it is read: for answers of which little is wanted.
    ///
    /// - Returns: `nil` when the document is no object.
    /// - Throws: where and why the document is not JSON.
    package static func members(_ names: [StaticString], of bytes: [UInt8]) throws(JSONError) -> JSONObject? {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            var parser = JSONParser(buffer, duplicateKeys: .keepLast, wanted: names)
            return try parser.document().objectValue
        }
    }

    /// - Throws: where and why the document is not JSON.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        duplicateKeys: DuplicateKeys = .reject
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes, duplicateKeys: duplicateKeys)
        return try parser.document()
    }
}
