internal import CSQLite

/// The row a statement stands on, valid only inside the closure it is handed to.
///
/// It cannot be copied, so it cannot be kept: its memory belongs to the statement and is gone
/// with the next step. Columns are numbered from 0.
package struct Row: ~Copyable {
    private let statement: OpaquePointer

    init(of statement: OpaquePointer) {
        self.statement = statement
    }

    /// The column as an integer; 0 when it is NULL.
    package func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(statement, Int32(column))
    }

    /// The column as an integer, or nil when it is NULL.
    package func optionalInteger(_ column: Int) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    package func real(_ column: Int) -> Double {
        sqlite3_column_double(statement, Int32(column))
    }

    /// The column as text; empty when it is NULL. Bytes that are not UTF-8 are repaired.
    package func text(_ column: Int) -> String {
        withBytes(column) { String(decoding: $0, as: UTF8.self) }
    }

    /// The column as text, or nil when it is NULL.
    package func optionalText(_ column: Int) -> String? {
        isNull(column) ? nil : text(column)
    }

    package func blob(_ column: Int) -> [UInt8] {
        withBytes(column) { [UInt8]($0) }
    }

    /// Reads text or blob where SQLite holds it, without copying. Empty when it is NULL.
    package func withBytes<Result>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // The pointer first, then the length: sqlite3_column_bytes counts the form asked for last.
        let start = sqlite3_column_blob(statement, Int32(column))
        let count = Int(sqlite3_column_bytes(statement, Int32(column)))
        guard let start, count > 0 else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        return body(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
    }

    package func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    }
}
