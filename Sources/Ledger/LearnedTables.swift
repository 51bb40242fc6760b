internal import SQLite

/// The statements for what was learned from fal. Used rarely, so nothing is kept prepared.
struct LearnedTables {
    let connection: Connection

    func store(_ row: LearnedProfileRow) throws(SQLiteError) {
        try Statement(
            "INSERT OR REPLACE INTO learned_profiles (endpoint, profile, learned_at) VALUES (?, ?, ?)", on: connection
        ).run(.text(row.endpoint), .text(row.profile), .integer(row.learnedAt.milliseconds))
    }

    func store(_ rows: [LearnedPriceRow]) throws(SQLiteError) {
        let statement = try Statement(
            """
            INSERT OR REPLACE INTO learned_prices (endpoint, unit, unit_price, currency, fetched_at) VALUES (?, ?, ?, ?, ?)
            """, on: connection)
        for row in rows {
            try statement.run(
                .text(row.endpoint), .text(row.unit), .text(row.unitPrice), .text(row.currency),
                .integer(row.fetchedAt.milliseconds))
        }
    }

    /// - Returns: whether there was anything to forget.
    func forget(_ endpoint: String) throws(SQLiteError) -> Bool {
        var count = 0
        for table in ["learned_profiles", "learned_prices"] {
            count += try Statement("DELETE FROM \(table) WHERE endpoint = ?", on: connection).run(.text(endpoint))
        }
        return count > 0
    }

    func profiles() throws(SQLiteError) -> [LearnedProfileRow] {
        try Statement("SELECT endpoint, profile, learned_at FROM learned_profiles ORDER BY endpoint", on: connection)
            .rows { row in
                LearnedProfileRow(
                    endpoint: row.text(0), profile: row.text(1), learnedAt: Timestamp(milliseconds: row.integer(2)))
            }
    }

    func prices() throws(SQLiteError) -> [LearnedPriceRow] {
        try Statement(
            "SELECT endpoint, unit, unit_price, currency, fetched_at FROM learned_prices ORDER BY endpoint", on: connection
        ).rows { row in
            LearnedPriceRow(
                endpoint: row.text(0), unit: row.text(1), unitPrice: row.text(2), currency: row.text(3),
                fetchedAt: Timestamp(milliseconds: row.integer(4)))
        }
    }
}
