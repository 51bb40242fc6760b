import JSON
import Ledger
import Money

extension Command {
    static let spend = Command(
        name: "spend", summary: "tells what was spent, from the ledger's database", operands: "",
        options: [
            .value("database", "d", as: "FILE", help: "the ledger; falgate.db"),
            .value("by", as: "WHAT", help: "day (the default), key, model, endpoint; or request for single rows"),
            .value("from", as: "DATE", help: "the first day in UTC, as 2026-01-31"),
            .value("to", as: "DATE", help: "the last day in UTC"),
            .value("model", as: "NAME", help: "only this model or endpoint"),
            .value("key", as: "HASH", help: "only the key with this SHA-256"),
            .value("limit", as: "N", help: "with --by request, at most so many rows; 50"),
            .flag("json", help: "as JSON, amounts in dollars and nano-dollars"),
        ]
    ) { arguments in
        try arguments.expectPositionals(atMost: 0)
        return try SpendReport(arguments).run()
    }
}

/// One run of `falgate spend`.
struct SpendReport {
    let arguments: Arguments
    let reader: LedgerReader
    var query: SpendQuery

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        query = SpendQuery(limit: try arguments.integer("limit", in: 1...LedgerLimits.rowsPerQuery) ?? 50)
        query.from = try SpendReport.instant("from", arguments) { Timestamp($0) }
        query.until = try SpendReport.instant("to", arguments) { Timestamp(endOf: $0) }
        query.model = arguments["model"]
        query.keyHash = arguments["key"]
        let path = arguments["database"] ?? "falgate.db"
        do {
            reader = try LedgerReader(path: path)
        } catch {
            throw StartFailure("\(path): \(error)")
        }
    }

    func run() throws -> Int32 {
        let by = arguments["by"] ?? SpendGroup.day.rawValue
        if by == "request" {
            let rows = try reader.spendLogs(query)
            show(rows.map(\.json), columns: ["time", "model", "images", "cost", "status", "request"], rows: rows.map(\.cells))
            return 0
        }
        guard let group = SpendGroup(rawValue: by) else {
            throw UsageError("--by is \(by); it takes \(SpendGroup.allCases.map(\.rawValue).joined(separator: ", ")) or request")
        }
        let sums = try reader.spendSummary(by: group, query)
        show(sums.map(\.json), columns: [by, "requests", "failures", "images", "cost"], rows: sums.map(\.cells))
        return 0
    }

    private func show(_ json: [JSONValue], columns: [String], rows: [[String]]) {
        guard !arguments.has("json") else {
            output(String(decoding: JSONValue.array(json).serialized(), as: UTF8.self) + "\n")
            return
        }
        output(Table(columns: columns, rows: rows).text)
    }

    private static func instant(
        _ name: String, _ arguments: Arguments, _ read: (String) -> Timestamp?
    ) throws(UsageError) -> Timestamp? {
        guard let text = arguments[name] else { return nil }
        guard let instant = read(text) else { throw UsageError("--\(name) is \(text); it takes a date such as 2026-01-31") }
        return instant
    }
}

extension SpendSummary {
    fileprivate var cells: [String] {
        [group ?? "-", String(requests), String(failures), String(images), "$\(cost.dollars)"]
    }
}

extension SpendRow {
    fileprivate var cells: [String] {
        [startedAt.iso8601, alias ?? "-", String(images), "$\(cost.dollars)", errorCode ?? status.rawValue, requestID]
    }
}
