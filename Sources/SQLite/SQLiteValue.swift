/// A value as SQLite stores it: its five storage classes.
package enum SQLiteValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLiteValue {
    package init(_ integer: Int) {
        self = .integer(Int64(integer))
    }

    package init(_ integer: Int64?) {
        self = if let integer { .integer(integer) } else { .null }
    }

    package init(_ text: String?) {
        self = if let text { .text(text) } else { .null }
    }
}

extension SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    package init(stringLiteral value: String) {
        self = .text(value)
    }

    package init(nilLiteral: ()) {
        self = .null
    }
}
