/// A recursive descent over the bytes of one document. RFC 8259, section 2.
///
/// The functions that read a value start at its first byte and leave `position` behind its last.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let duplicateKeys: DuplicateKeys
    /// The members of the outermost object that are kept; all where it is `nil`.
    private let wanted: [StaticString]?
    /// Within a member that is not: values are checked and not made.
    private(set) var isDropping = false
    var position = 0
    /// Open arrays and objects.
    private var depth = 0
    /// Values that may still come.
    private var valuesLeft: Int
    /// Where strings with escapes are put together; kept to be allocated once a document.
    var scratch: [UInt8] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, duplicateKeys: DuplicateKeys, wanted: [StaticString]? = nil, maximumValues: Int = .max) {
        self.bytes = bytes
        self.duplicateKeys = duplicateKeys
        self.wanted = wanted
        valuesLeft = maximumValues
    }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw failure("a byte order mark is not allowed before JSON")
        }
        skipBlanks()
        guard position < bytes.count else {
            position = 0
            throw failure(bytes.isEmpty ? "the document is empty" : "the document has only blanks")
        }
        let value = try value()
        skipBlanks()
        guard position == bytes.count else {
            throw unexpected(expecting: "the end of the document")
        }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw unexpected(expecting: "a value") }
        guard valuesLeft > 0 else { throw failure("the document has more values than are read") }
        valuesLeft -= 1
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"): return try keyword("true", .bool(true))
        case UInt8(ascii: "f"): return try keyword("false", .bool(false))
        case UInt8(ascii: "n"): return try keyword("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected(expecting: "a value")
        }
    }

    // MARK: Arrays and objects

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return leave(with: .array(elements)) }
        while true {
            let element = try value()
            if !isDropping { elements.append(element) }
            skipBlanks()
            if skip(UInt8(ascii: ",")) {
                guard position < bytes.count, bytes[position] != UInt8(ascii: "]") else {
                    throw unexpected(expecting: "a value after ','")
                }
                continue
            }
            guard skip(UInt8(ascii: "]")) else { throw unexpected(expecting: "',' or ']'") }
            return leave(with: .array(elements))
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members = MemberList()
        if skip(UInt8(ascii: "}")) { return leave(with: .object(JSONObject())) }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw unexpected(expecting: "a member name in double quotes")
            }
            let start = position
            let key = try name()
            skipBlanks()
            guard skip(UInt8(ascii: ":")) else { throw unexpected(expecting: "':' after the member name") }
            if let key {
                guard members.admit(key, duplicates: duplicateKeys) else {
                    position = start
                    throw failure("the member \(quoted(key)) appears twice in this object")
                }
                members.set(key, try value())
            } else {
                try drop()
            }
            skipBlanks()
            if skip(UInt8(ascii: ",")) { continue }
            guard skip(UInt8(ascii: "}")) else { throw unexpected(expecting: "',' or '}'") }
            return leave(with: .object(JSONObject(members: members.members)))
        }
    }

    /// Reads a member's name; `nil` where nobody wants the member.
    private mutating func name() throws(JSONError) -> String? {
        guard let wanted, depth == 1 else {
            let name = try string()
            return isDropping ? nil : name
        }
        guard let plain = plainCharacters() else {
            var name = try string()
            let isWanted = name.withUTF8 { name in wanted.contains { $0.isSame(as: name) } }
            return isWanted ? name : nil
        }
        let isWanted = wanted.contains { $0.isSame(as: UnsafeBufferPointer(rebasing: bytes[plain])) }
        return isWanted ? asciiString(plain) : nil
    }

    /// Steps over a value that nobody wants.
    private mutating func drop() throws(JSONError) {
        let isWithin = isDropping
        isDropping = true
        _ = try value()
        isDropping = isWithin
    }

    /// Steps over an opening bracket and the blanks behind it.
    private mutating func enter() throws(JSONError) {
        guard depth < JSON.maximumDepth else {
            throw failure("arrays and objects are nested deeper than \(JSON.maximumDepth)")
        }
        depth += 1
        position += 1
        skipBlanks()
    }

    private mutating func leave(with value: JSONValue) -> JSONValue {
        depth -= 1
        return value
    }

    // MARK: Scalars

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        if let fault = NumberGrammar.fault(in: bytes, from: &position) {
            throw unexpected(saying: fault)
        }
        return isDropping ? .null : .number(JSONNumber(checked: asciiString(start..<position)))
    }

    private mutating func keyword(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[index] else {
                if position < bytes.count { position = start }
                throw unexpected(expecting: "a value")
            }
            position += 1
        }
        return value
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    /// Steps over `byte` and the blanks behind it when it is the next one.
    @inline(__always)
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        skipBlanks()
        return true
    }
}
