internal import SQLite

extension Ledger {
    /// Keeps a learned profile; it takes the place of an earlier one.
    package func store(_ profile: LearnedProfileRow) async throws(LedgerError) {
        try await writer.perform(.refusable) { journal throws(LedgerError) in
            try LedgerError.translating { () throws(SQLiteError) in
                try LearnedTables(connection: journal.connection).store(profile)
            }
        }
    }

    /// Keeps learned prices, all or none; each takes the place of an earlier one.
    package func store(_ prices: [LearnedPriceRow]) async throws(LedgerError) {
        try await writer.perform(.refusable) { journal throws(LedgerError) in
            try LedgerError.translating { () throws(SQLiteError) in
                try LearnedTables(connection: journal.connection).store(prices)
            }
        }
    }

    /// Forgets profile and price of an endpoint.
    ///
    /// - Returns: whether there was anything to forget.
    package func forget(endpoint: String) async throws(LedgerError) -> Bool {
        try await writer.perform(.refusable) { journal throws(LedgerError) in
            try LedgerError.translating { () throws(SQLiteError) in
                try LearnedTables(connection: journal.connection).forget(endpoint)
            }
        }
    }

    /// By endpoint.
    package func learnedProfiles() async throws(LedgerError) -> [LearnedProfileRow] {
        try await read { reader throws(LedgerError) in try reader.learnedProfiles() }
    }

    /// By endpoint.
    package func learnedPrices() async throws(LedgerError) -> [LearnedPriceRow] {
        try await read { reader throws(LedgerError) in try reader.learnedPrices() }
    }
}

extension LedgerReader {
    /// By endpoint.
    package func learnedProfiles() throws(LedgerError) -> [LearnedProfileRow] {
        try LedgerError.translating { () throws(SQLiteError) in try LearnedTables(connection: connection).profiles() }
    }

    /// By endpoint.
    package func learnedPrices() throws(LedgerError) -> [LearnedPriceRow] {
        try LedgerError.translating { () throws(SQLiteError) in try LearnedTables(connection: connection).prices() }
    }
}
