internal import SQLite

/// Which spend rows are wanted. Every condition that is set must hold.
package struct SpendQuery: Sendable {
    /// From this instant on (by the request's start).
    package var from: Timestamp?
    /// Up to and without this instant.
    package var until: Timestamp?
    package var keyHash: String?
    /// An alias or an endpoint.
    package var model: String?
    package var requestID: String?
    package var endUser: String?
    package var status: SpendRow.Status?
    /// At most `LedgerLimits.rowsPerQuery` are given.
    package var limit: Int
    /// Rows passed over, from the newest.
    package var offset: Int

    package init(limit: Int = LedgerLimits.rowsPerQuery, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }

    /// `WHERE …` with its values; empty when nothing is asked.
    var condition: (sql: String, values: [SQLiteValue]) {
        var terms: [String] = []
        var values: [SQLiteValue] = []
        func require(_ term: String, _ operands: SQLiteValue...) {
            terms.append(term)
            values += operands
        }
        if let from { require("started_at >= ?", .integer(from.milliseconds)) }
        if let until { require("started_at < ?", .integer(until.milliseconds)) }
        if let keyHash { require("key_hash = ?", .text(keyHash)) }
        if let model { require("(alias = ? OR endpoint = ?)", .text(model), .text(model)) }
        if let requestID { require("request_id = ?", .text(requestID)) }
        if let endUser { require("end_user = ?", .text(endUser)) }
        if let status { require("status = ?", .text(status.rawValue)) }
        return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), values)
    }
}

/// What spend is summed by.
package enum SpendGroup: String, Sendable, CaseIterable {
    /// The day in UTC on which the request started.
    case day
    case key
    /// The model as clients name it.
    case model
    case endpoint

    fileprivate var expression: String {
        switch self {
        case .day: "started_at / \(Timestamp.millisecondsPerDay)"
        case .key: "key_hash"
        case .model: "alias"
        case .endpoint: "endpoint"
        }
    }

    /// Days from the newest, all else from the dearest.
    fileprivate var order: String {
        switch self {
        case .day: "1 DESC"
        case .key, .model, .endpoint: "spend DESC, 1"
        }
    }
}

extension SpendGroup {
    func sql(where condition: String) -> String {
        """
        SELECT \(expression), count(*), coalesce(sum(status = 'failure'), 0), coalesce(sum(images), 0), \
        coalesce(sum(cost), 0) AS spend FROM spend_logs \(condition) GROUP BY 1 ORDER BY \(order)
        """
    }
}
