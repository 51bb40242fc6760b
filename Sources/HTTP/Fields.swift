/// The fields of a message: ordered, names compared without regard to case. RFC 9110, section 5.
///
/// All names and values lie in one buffer, an entry is four offsets into it: a parsed head costs
/// two allocations however many fields it has, and a name is compared where it lies. Fields that were
/// added one by one lie there as lines, so that they are sent by one copy.
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
    /// Whether `bytes` are the lines of these fields as they are sent, and nothing else.
    private(set) var areLines: Bool

    package init() {
        bytes = []
        entries = []
        areLines = true
    }

    /// Makes room for as many fields as the caller is about to add, and for their names and values.
    package mutating func reserve(_ fields: Int, bytes count: Int) {
        entries.reserveCapacity(entries.count + fields)
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Fields as a parser found them: `entries` point into `bytes`.
    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
        areLines = false
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
        var (name, value) = (name, value)
        return name.withUTF8 { name in
            guard !name.isEmpty, ByteClass.allAre(.token, name) else { return false }
            value.withUTF8 { appendLine(name, $0) }
            return true
        }
    }

    private mutating func appendLine(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        let nameStart = bytes.count
        let valueStart = nameStart + name.count + 2
        bytes.append(addingCapacity: name.count + value.count + 4) { $0.append(line: name, value) }
        entries.append(
            Entry(
                nameStart: UInt32(nameStart), nameCount: UInt32(name.count),
                valueStart: UInt32(valueStart), valueCount: UInt32(value.count)))
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
        let all = self
        self = Fields()
        var name = name
        name.withUTF8 { removed in
            for index in all.entries.indices where !all.isNamed(removed, at: index) {
                all.withName(at: index) { name in all.withValue(at: index) { value in appendLine(name, value) } }
            }
        }
    }

    /// The value of the first field called `name`. Bytes that are not UTF-8 become U+FFFD.
    package func first(_ name: String) -> String? {
        firstIndex(of: name).map(value(at:))
    }

    /// The values of all fields called `name`, in order.
    package func all(_ name: String) -> [String] {
        var values: [String] = []
        forEachIndex(of: name) { values.append(value(at: $0)) }
        return values
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
            forEachIndex(of: name) { index in
                withValue(at: index) { $0.forEachMember { if $0.equalsIgnoringCase(token) { found = true } } }
            }
            return found
        }
    }

    /// Calls `body` with every field in order.
    package func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        for index in entries.indices { body(name(at: index), value(at: index)) }
    }

    /// Appends the lines of these fields to `output`, except of those whose name `isLeftOut`.
    func appendLines(to output: inout [UInt8], without isLeftOut: (UnsafeBufferPointer<UInt8>) -> Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            let leavesOut = entries.contains { isLeftOut(UnsafeBufferPointer(rebasing: bytes[$0.name])) }
            guard !areLines || leavesOut else { return output.append(contentsOf: bytes) }
            for entry in entries {
                let name = UnsafeBufferPointer(rebasing: bytes[entry.name])
                if isLeftOut(name) { continue }
                let value = UnsafeBufferPointer(rebasing: bytes[entry.value])
                output.append(addingCapacity: name.count + value.count + 4) { $0.append(line: name, value) }
            }
        }
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
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBufferPointer { bytes in
                entries.firstIndex { entry in
                    entry.nameCount == name.count && UnsafeBufferPointer(rebasing: bytes[entry.name]).equalsIgnoringCase(name)
                }
            }
        }
    }

    private func forEachIndex(of name: String, _ body: (Int) -> Void) {
        var name = name
        name.withUTF8 { name in
            for index in entries.indices where isNamed(name, at: index) { body(index) }
        }
    }

    private func isNamed(_ name: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        name.count == Int(entries[index].nameCount) && withName(at: index) { $0.equalsIgnoringCase(name) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends a field line, with spaces where its value has bytes that no value may have.
    fileprivate mutating func append(line name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        append(name)
        append(Octet.colon)
        append(Octet.space)
        if ByteClass.allAre(.fieldValue, value) {
            append(value)
        } else {
            for byte in value { append(ByteClass.contains(byte, .fieldValue) ? byte : Octet.space) }
        }
        append(Octet.carriageReturn)
        append(Octet.lineFeed)
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
