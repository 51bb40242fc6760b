internal import SQLite

/// Writes what was learned into a ledger's database, also while a gateway serves from it: each
/// operation is one short transaction of its own, and the gateway reads it at its next start.
///
/// Jobs and spend are out of its reach, so the gateway's lock is not asked for. Every call blocks
/// on the disk and belongs on a thread that may. One thread at a time.
package final class LearnedStore {
    private let connection: Connection
    /// A gateway serves from the database now, and will see at its next start what is written.
    package let isServed: Bool

    /// Opens the database; creates it or brings it up to date unless a gateway is running.
    ///
    /// - Throws: `.olderSchema` when an older release serves from it right now; else as `Ledger`.
    package init(path: String, limits: LedgerLimits = LedgerLimits()) throws(LedgerError) {
        do throws(LedgerError) {
            try Ledger(path: path, limits: limits).close()
            isServed = false
        } catch .inUse {
            // Then it exists, and its gateway has brought it up to date.
            isServed = true
        }
        connection = try LedgerError.translating { () throws(SQLiteError) in
            try Connection(path: path, access: .readWrite, busyTimeout: limits.lockWait)
        }
        let version = try Schema.check(connection)
        guard version == Schema.migrations.count else {
            throw .olderSchema(found: version, known: Schema.migrations.count)
        }
        try LedgerError.translating { () throws(SQLiteError) in try connection.useDurableLog() }
    }

    /// Keeps a learned profile; it takes the place of an earlier one.
    package func store(_ profile: LearnedProfileRow) throws(LedgerError) {
        try write { tables throws(SQLiteError) in try tables.store(profile) }
    }

    /// Keeps learned prices, all or none; each takes the place of an earlier one.
    package func store(_ prices: [LearnedPriceRow]) throws(LedgerError) {
        try write { tables throws(SQLiteError) in try tables.store(prices) }
    }

    /// Forgets profile and price of an endpoint.
    ///
    /// - Returns: whether there was anything to forget.
    package func forget(endpoint: String) throws(LedgerError) -> Bool {
        try write { tables throws(SQLiteError) in try tables.forget(endpoint) }
    }

    private func write<Result>(
        _ body: (LearnedTables) throws(SQLiteError) -> Result
    ) throws(LedgerError) -> Result {
        try LedgerError.translating { () throws(SQLiteError) in
            try connection.transaction(.writing) { () throws(SQLiteError) in
                try body(LearnedTables(connection: connection))
            }
        }
    }
}
