
/// One step of a schema, immutable once released: databases in the field have run it.
///
/// A change to the schema is a new migration with the next number, never an edit.
package struct Migration: Sendable, Equatable {
    /// 1, 2, 3, … without gaps. The number of the last one applied is the file's `user_version`.
    package let number: Int
    /// What it does, for error messages.
    package let name: String
    package let sql: String

    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// Why a database could not be brought to the schema this program knows.
package enum MigrationError: Error, Sendable, Equatable {
    /// The file was written by a newer release. Nothing was changed: an old program on a new
    /// schema would do damage that nobody notices.
    case newerSchema(found: Int, known: Int)
    /// The SQL of one migration failed. It and only it is rolled back.
    case failed(number: Int, name: String, SQLiteError)
}

extension Connection {
    /// The number of the last migration the file has seen; 0 for a new file.
    package func schemaVersion() throws(SQLiteError) -> Int {
        Int(try integer("PRAGMA user_version") ?? 0)
    }

    /// Applies the migrations the file has not seen, each in its own transaction together with
    /// its number: after a crash at any instant a migration has happened whole or not at all.
    ///
    /// Two processes may call this at once. The second waits for the first (up to the busy
    /// timeout) and finds its work done.
    package func migrate(_ migrations: [Migration]) throws(MigrationError) {
        precondition(migrations.map(\.number) == migrations.indices.map { $0 + 1 }, "migrations are numbered 1, 2, 3, …")
        for migration in migrations {
            do throws(SQLiteError) {
                guard try schemaVersion() < migration.number else { continue }
                try transaction(.writing) { () throws(SQLiteError) in
                    // Asked again under the write lock: another process may have been faster.
                    guard try schemaVersion() < migration.number else { return }
                    try execute(migration.sql)
                    try execute("PRAGMA user_version = \(migration.number)")
                }
            } catch {
                throw .failed(number: migration.number, name: migration.name, error)
            }
        }
        let found: Int
        do {
            found = try schemaVersion()
        } catch {
            throw .failed(number: 0, name: "reading the schema version", error)
        }
        guard found <= migrations.count else { throw .newerSchema(found: found, known: migrations.count) }
    }
}
