internal import CSQLite

/// Gives the placeholders of a statement their values, one after the other.
package struct Binding: ~Copyable {
    private let statement: OpaquePointer
    private let storage: BoundBytes
    /// Values given so far.
    private(set) var count = 0
    /// SQLite did not take one of them.
    private(set) var isRefused = false

    init(to statement: OpaquePointer, _ storage: BoundBytes) {
        storage.removeAll()
        self.statement = statement
        self.storage = storage
    }

    package mutating func null() {
        let place = next()
        check(sqlite3_bind_null(statement, place))
    }

    package mutating func integer(_ integer: Int64) {
        let place = next()
        check(sqlite3_bind_int64(statement, place, integer))
    }

    package mutating func real(_ real: Double) {
        let place = next()
        check(sqlite3_bind_double(statement, place, real))
    }

    package mutating func text(_ text: String) {
        let place = next()
        // Without a copy of the text, which would cost two atomic operations. On Linux it is always available.
        let bound = text.utf8.withContiguousStorageIfAvailable { bind($0, at: place) }
        check(bound ?? Array(text.utf8).withUnsafeBufferPointer { bind($0, at: place) })
    }

    package mutating func blob(_ bytes: [UInt8]) {
        let place = next()
        let start = bytes.withUnsafeBytes { storage.keep($0) }
        check(sqlite3_bind_blob64(statement, place, start, UInt64(bytes.count), nil))
    }

    /// The bytes, or NULL.
    package mutating func blob(_ bytes: [UInt8]?) {
        if let bytes { blob(bytes) } else { null() }
    }

    /// The integer, or NULL.
    package mutating func integer(_ integer: Int64?) {
        if let integer { self.integer(integer) } else { null() }
    }

    /// The text, or NULL.
    package mutating func text(_ text: String?) {
        if let text { self.text(text) } else { null() }
    }

    mutating func all(_ values: [SQLiteValue]) {
        for value in values {
            switch value {
            case .null: null()
            case .integer(let integer): self.integer(integer)
            case .real(let real): self.real(real)
            case .text(let text): self.text(text)
            case .blob(let bytes): blob(bytes)
            }
        }
    }

    private func bind(_ text: UnsafeBufferPointer<UInt8>, at place: Int32) -> Int32 {
        let start = storage.keep(UnsafeRawBufferPointer(text)).assumingMemoryBound(to: CChar.self)
        return sqlite3_bind_text64(statement, place, start, UInt64(text.count), nil, UInt8(SQLITE_UTF8))
    }

    private mutating func next() -> Int32 {
        count += 1
        return Int32(count)
    }

    private mutating func check(_ code: Int32) {
        if code != SQLITE_OK { isRefused = true }
    }
}
