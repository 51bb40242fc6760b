package import JSON
internal import Money
internal import SQLite

/// What a day did cost, and whom and what for: LiteLLM's sums of `GET /spend/logs`.
package struct DailySpend: Sendable {
    private typealias Sums = [String: Nanodollars]

    /// In UTC: `2026-01-31`.
    private let day: String
    private var keys: Sums = [:]
    private var users: Sums = [:]
    private var models: Sums = [:]
    private var total = Nanodollars.zero

    fileprivate init(day: String) {
        self.day = day
    }

    fileprivate mutating func add(_ cost: Nanodollars, key: String, user: String, endpoint: String?) {
        func sum(_ a: Nanodollars, _ b: Nanodollars) -> Nanodollars { a.adding(b) ?? Nanodollars(rawValue: .max) }
        keys[key] = sum(keys[key] ?? .zero, cost)
        users[user] = sum(users[user] ?? .zero, cost)
        let model = endpoint.map { "fal_ai/" + $0 } ?? ""
        models[model] = sum(models[model] ?? .zero, cost)
        total = sum(total, cost)
    }

    /// As LiteLLM gives it: the day, its spend, that by user and by model, and beside these a member a key, named by
    /// its hash. What has no user, model or key has the empty name.
    package var json: JSONValue {
        var object: JSONObject = [
            "startTime": .string(day), "spend": .dollars(total), "users": .sums(users), "models": .sums(models),
        ]
        for (key, spend) in keys.sorted(by: { $0.key < $1.key }) { object[key] = .dollars(spend) }
        return .object(object)
    }
}

extension LedgerReader {
    func dailySpend(_ query: SpendQuery) throws(LedgerError) -> [DailySpend] {
        let (condition, values) = query.condition
        let rows = try LedgerError.translating { () throws(SQLiteError) in
            try Statement(
                """
                SELECT started_at / \(Timestamp.millisecondsPerDay), coalesce(key_hash, ''), coalesce(end_user, ''), endpoint, \
                sum(cost) FROM spend_logs \(condition) GROUP BY 1, 2, 3, 4 ORDER BY 1
                """, on: connection
            ).rows(values) { row in
                (row.integer(0), row.text(1), row.text(2), row.optionalText(3), Nanodollars(rawValue: row.integer(4)))
            }
        }
        var days: [(number: Int64, spend: DailySpend)] = []
        for (number, key, user, endpoint, cost) in rows {
            if days.last?.number != number {
                let day = Timestamp(milliseconds: number * Timestamp.millisecondsPerDay).day
                days.append((number, DailySpend(day: day)))
            }
            days[days.count - 1].spend.add(cost, key: key, user: user, endpoint: endpoint)
        }
        return days.map(\.spend)
    }
}

extension JSONValue {
    fileprivate static func dollars(_ amount: Nanodollars) -> JSONValue {
        JSONNumber(lexeme: amount.dollars).map(JSONValue.number) ?? .null
    }

    fileprivate static func sums(_ sums: [String: Nanodollars]) -> JSONValue {
        var object = JSONObject()
        for (name, spend) in sums.sorted(by: { $0.key < $1.key }) { object[name] = .dollars(spend) }
        return .object(object)
    }
}
