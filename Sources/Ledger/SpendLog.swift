internal import Money
internal import SQLite

/// The writer's statements on the spend log. Sums are SQLite's: one beyond 64 bits is refused by
/// the column's type, never wrapped.
final class SpendLog {
    private let insertRow: Statement
    private let find: Statement
    private let addSums: Statement
    private let addLists: Statement

    private static let isRow = "started_at = ? AND request_id = ?"

    init(on connection: Connection) throws(SQLiteError) {
        insertRow = try Statement(
            "INSERT INTO spend_logs (\(SpendRow.columns)) VALUES (\(SpendRow.placeholders))", on: connection)
        find = try Statement("SELECT \(SpendRow.columns) FROM spend_logs WHERE \(Self.isRow)", on: connection)
        addSums = try Statement(
            "UPDATE spend_logs SET cost = cost + ?, images = images + ?, basis = ? WHERE \(Self.isRow)", on: connection)
        addLists = try Statement(
            "UPDATE spend_logs SET sizes = ?, fal_request_ids = ? WHERE \(Self.isRow)", on: connection)
    }

    /// - Returns: false when the request has its row already; nothing has changed then.
    func insert(_ row: SpendRow) throws(LedgerError) -> Bool {
        do {
            try insertRow.run { row.bind(to: &$0) }
            return true
        } catch {
            guard error.isDuplicateKey else { throw LedgerError(error) }
            return false
        }
    }

    /// - Parameter startedAt: when the request came in, as the journal has it.
    /// - Returns: false when there is no row to add to.
    func add(_ end: LateEnd, to requestID: String, startedAt: Timestamp) throws(LedgerError) -> Bool {
        guard let before = try row(requestID, startedAt) else { return false }
        if let id = end.falRequestID, !before.falRequestIDs.contains(id) {
            try LedgerError.translating { () throws(SQLiteError) in
                _ = try addLists.run(
                    .text(TextList.encoded(before.sizes)), .text(TextList.encoded(before.falRequestIDs + [id])),
                    .integer(startedAt.milliseconds), .text(requestID))
            }
        }
        try LedgerError.translating { () throws(SQLiteError) in
            _ = try addSums.run([
                .integer(end.cost.rawValue), SQLiteValue(end.images),
                .text(before.basis.combined(with: end.basis).rawValue),
                .integer(startedAt.milliseconds), .text(requestID),
            ])
        }
        return true
    }

    /// Adds cost, images, sizes and fal's ids of `row` to the row of the same request.
    func add(_ row: SpendRow) throws(LedgerError) -> Bool {
        guard let before = try self.row(row.requestID, row.startedAt) else { return false }
        let ids = before.falRequestIDs + row.falRequestIDs.filter { !before.falRequestIDs.contains($0) }
        try LedgerError.translating { () throws(SQLiteError) in
            _ = try addLists.run(
                .text(TextList.encoded(before.sizes + row.sizes)), .text(TextList.encoded(ids)),
                .integer(row.startedAt.milliseconds), .text(row.requestID))
        }
        let end = LateEnd(cost: row.cost, basis: row.basis, images: row.images)
        return try add(end, to: row.requestID, startedAt: row.startedAt)
    }

    private func row(_ requestID: String, _ startedAt: Timestamp) throws(LedgerError) -> SpendRow? {
        try LedgerError.translating { () throws(SQLiteError) in
            try find.first([.integer(startedAt.milliseconds), .text(requestID)]) { row throws(SQLiteError) in try SpendRow(row) }
        }
    }
}
