/// A field's value with parameters: `form-data; name="image[]"; filename=a.png`. RFC 9110, section
/// 5.6.6, as forms use it.
struct HeaderParameters {
    /// What stands before the first semicolon, in lower case.
    let value: String
    private let parameters: [String: [UInt8]]

    /// - Returns: `nil` where it cannot be read in one way only: a parameter without a value or given
    ///   twice, an open quotation mark, text behind a closed one.
    init?(_ text: some Sequence<UInt8>) {
        var rest = Array(text)[...]
        let value = rest.prefix { $0 != UInt8(ascii: ";") }
        rest = rest.dropFirst(value.count)
        var word = value.drop(while: Octet.isBlank)
        while let last = word.last, Octet.isBlank(last) { word.removeLast() }
        var parameters: [String: [UInt8]] = [:]
        while rest.popFirst() != nil {
            rest = rest.drop(while: Octet.isBlank)
            // A semicolon at the very end; nothing was meant by it.
            if rest.isEmpty { break }
            let name = rest.prefix { ByteClass.contains($0, .token) }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "="), let value = HeaderParameters.takeValue(&rest)
            else { return nil }
            let key = String(decoding: name.map(Octet.lowercased), as: UTF8.self)
            guard parameters.updateValue(value, forKey: key) == nil else { return nil }
            rest = rest.drop(while: Octet.isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { return nil }
        }
        self.value = String(decoding: word.map(Octet.lowercased), as: UTF8.self)
        self.parameters = parameters
    }

    /// The bytes of a parameter, without quotation marks; `nil` when it is not given.
    subscript(name: String) -> [UInt8]? { parameters[name] }

    /// Unquoted, anything up to the next blank or semicolon: boundaries have slashes and equals signs
    /// in them that RFC 9110 wants quoted, and no sender of one quotes them.
    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.first == quote else {
            let value = rest.prefix { ByteClass.contains($0, .visible) && $0 != UInt8(ascii: ";") && $0 != quote }
            rest = rest.dropFirst(value.count)
            return value.isEmpty ? nil : Array(value)
        }
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == quote { return value }
            // Only what needs it is escaped: some senders put whole paths, C:\a.png, into a name.
            if byte == backslash, let next = rest.first, next == quote || next == backslash {
                rest.removeFirst()
                value.append(next)
            } else {
                value.append(byte)
            }
        }
        return nil
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
