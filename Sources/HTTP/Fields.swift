/// The fields of a message: ordered, names compared without regard to case. RFC 9110, section 5.
///
/// All names and values lie in one buffer, an entry is four offsets into it: a parsed head costs
/// two allocations however many fields it has, and a name is compared where it lies.
package struct Fields: Sendable {
    struct Entry {
        var nameStart: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameStart &+ nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart &+ valueCount) }
    }

    private(set) var bytes: [UInt8]
    private(set) var entries: [Entry]

    package init() {
        bytes = []
        entries = []
    }

    /// Fields as a parser found them: `entries` point into `bytes`.
    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// Whether `name` can be a field name: not empty and made of token characters.
    package static func isValidName(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { !$0.isEmpty && ByteClass.allAre(.token, $0) }
    }

    /// Adds a field behind the others.
    ///
    /// Whatever comes in, no second field or message can be smuggled out: CR, LF, NUL and the
    /// other control bytes of a value become spaces, as RFC 9110, section 5.5, has it.
    ///
    /// - Returns: `false` when `name` is no field name (see `isValidName`); nothing is added then.
    @discardableResult
    package mutating func append(_ name: String, _ value: String) -> Bool {
        guard Fields.isValidName(name) else { return false }
        let nameStart = bytes.count
        bytes.append(text: name)
        let valueStart = bytes.count
        bytes.append(text: value)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for index in valueStart..<bytes.count where !ByteClass.contains(bytes[index], .fieldValue) {
                bytes[index] = Octet.space
            }
        }
        entries.append(
            Entry(
                nameStart: UInt32(nameStart), nameCount: UInt32(valueStart - nameStart),
                valueStart: UInt32(valueStart), valueCount: UInt32(bytes.count - valueStart)))
        return true
    }

    /// Makes `value` the only value of `name`.
    @discardableResult
    package mutating func set(_ name: String, _ value: String) -> Bool {
        remove(name)
        return append(name, value)
    }

    /// Removes every field called `name`.
    package mutating func remove(_ name: String) {
        guard firstIndex(of: name) != nil else { return }
        let kept = entries.indices.filter { !isNamed(name, at: $0) }
        entries = kept.map { entries[$0] }
    }

    /// The value of the first field called `name`. Bytes that are not UTF-8 become U+FFFD.
    package func first(_ name: String) -> String? {
        firstIndex(of: name).map(value(at:))
    }

    /// The values of all fields called `name`, in order.
    package func all(_ name: String) -> [String] {
        entries.indices.filter { isNamed(name, at: $0) }.map(value(at:))
    }

    package func contains(_ name: String) -> Bool {
        firstIndex(of: name) != nil
    }

    /// Whether `token` is a member of the comma-separated list that the fields called `name` make
    /// up, without regard to case: `fields.contains("close", in: "Connection")`.
    package func contains(_ token: String, in name: String) -> Bool {
        var token = token
        return token.withUTF8 { token in
            var found = false
            for index in entries.indices where isNamed(name, at: index) {
                withValue(at: index) { $0.forEachMember { if $0.equalsIgnoringCase(token) { found = true } } }
            }
            return found
        }
    }

    /// Calls `body` with every field in order.
    package func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        for index in entries.indices { body(name(at: index), value(at: index)) }
    }

    // MARK: By position

    func name(at index: Int) -> String {
        withName(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    func value(at index: Int) -> String {
        withValue(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    func withName<R>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[entries[index].name])) }
    }

    func withValue<R>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[entries[index].value])) }
    }

    private func firstIndex(of name: String) -> Int? {
        entries.indices.first { isNamed(name, at: $0) }
    }

    private func isNamed(_ name: String, at index: Int) -> Bool {
        guard name.utf8.count == Int(entries[index].nameCount) else { return false }
        var position = Int(entries[index].nameStart)
        for byte in name.utf8 {
            guard Octet.lowercased(byte) == Octet.lowercased(bytes[position]) else { return false }
            position += 1
        }
        return true
    }
}

extension Fields: Equatable {
    /// The same fields in the same order; names without regard to case, values byte for byte.
    package static func == (a: Fields, b: Fields) -> Bool {
        guard a.count == b.count else { return false }
        return a.entries.indices.allSatisfy { index in
            a.withName(at: index) { name in b.withName(at: index) { name.equalsIgnoringCase($0) } }
                && a.bytes[a.entries[index].value] == b.bytes[b.entries[index].value]
        }
    }
}

extension Fields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}
