import HTTP
import JSON
import Ledger

extension Worker {
    /// `GET /spend/logs`: the newest rows first, as LiteLLM names their columns; with both dates the sums of each day,
    /// as it gives them, unless `summarize=false`.
    ///
    /// Query: `request_id`, `api_key` (or its hash), `user_id`, `model`, `start_date` and `end_date`
    /// (`2026-01-31`, UTC, the last day included; or up to a point in time), `status`, `summarize`, `limit`, `offset`.
    ///
    /// - Throws: `.invalidRequest` for a value that is none; `.ledgerUnavailable`.
    func spendLogs(_ head: RequestHead) async throws(GatewayError) -> Response {
        let query = try SpendQuery(head)
        let isSum = try head.flag("summarize") ?? true && head.queryValue("start_date") != nil && head.queryValue("end_date") != nil
        do {
            if isSum { return .json(JSONValue.array(try await core.ledger.dailySpend(query).map(\.json)).serialized()) }
            return .json(try await core.ledger.spendLogs(query) { rows in JSONValue.array(rows.map(\.json)).serialized() })
        } catch {
            throw GatewayError(.ledgerUnavailable, "The spend log cannot be read at the moment.", detail: error.description)
        }
    }
}

extension SpendQuery {
    /// What keys begin with, LiteLLM's and OpenAI's; hashes do not.
    private static let keyPrefix = "sk-"

    init(_ head: RequestHead) throws(GatewayError) {
        self.init(
            limit: try head.number("limit", upTo: LedgerLimits.rowsPerQuery) ?? LedgerLimits.rowsPerQuery,
            offset: try head.number("offset", upTo: .max) ?? 0)
        requestID = head.queryValue("request_id")
        keyHash = head.queryValue("api_key").map { $0.hasPrefix(SpendQuery.keyPrefix) ? KeyHash(of: $0).description : $0 }
        endUser = head.queryValue("user_id")
        model = head.queryValue("model")
        from = try head.instant("start_date") { Timestamp($0) }
        until = try head.instant("end_date") { Timestamp(endOf: $0) }
        if let instant = requestID.flatMap({ RequestID(text: $0).instant }) { narrow(to: instant) }
        if let text = head.queryValue("status") {
            guard let known = SpendRow.Status(rawValue: text) else {
                throw .query("status", "success or failure", text)
            }
            status = known
        }
    }
}

extension SpendQuery {
    /// Looks only where the row of a request must be that is named for this instant: the log is in the order of
    /// time. (Earlier releases read the clock once for the name and then for the row.)
    private mutating func narrow(to instant: Timestamp) {
        let end = instant.advanced(by: .seconds(1))
        from = max(from ?? instant, instant)
        until = min(until ?? end, end)
    }
}

extension RequestHead {
    fileprivate func number(_ name: String, upTo maximum: Int) throws(GatewayError) -> Int? {
        guard let text = queryValue(name) else { return nil }
        guard let number = Int(text), (0...maximum).contains(number) else {
            throw .query(name, "a whole number from 0 to \(maximum)", text)
        }
        return number
    }

    fileprivate func flag(_ name: String) throws(GatewayError) -> Bool? {
        guard let text = queryValue(name)?.lowercased() else { return nil }
        guard text == "true" || text == "false" else { throw .query(name, "true or false", text) }
        return text == "true"
    }

    fileprivate func instant(_ name: String, _ read: (String) -> Timestamp?) throws(GatewayError) -> Timestamp? {
        guard let text = queryValue(name) else { return nil }
        guard let instant = read(text) else { throw .query(name, "a date such as 2026-01-31", text) }
        return instant
    }
}

extension GatewayError {
    fileprivate static func query(_ name: String, _ allowed: String, _ text: String) -> GatewayError {
        GatewayError(
            .invalidRequest, "`\(name)` is \(allowed), not \(text.prefix(40).debugDescription).", param: name,
            code: "invalid_value")
    }
}
