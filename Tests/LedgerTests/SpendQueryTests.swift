import Ledger
import Money
import TemporaryFolders
import Testing

@Suite("Spend queries") struct SpendQueryTests {
    let folder: TemporaryFolder
    let ledger: Ledger

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.database)
        for row in Self.rows { try await ledger.settle(row) }
    }

    /// Three days, two keys, two models; times and ids in the same order.
    static let rows: [SpendRow] = [
        row(1, "2026-01-30T23:59:59.999Z", key: "anna", alias: "flux", endpoint: "fal-ai/flux/dev", cost: 100, images: 1),
        row(2, "2026-01-31T00:00:00.000Z", key: "anna", alias: "flux", endpoint: "fal-ai/flux/schnell", cost: 20, images: 2),
        row(3, "2026-01-31T12:00:00Z", key: "ben", alias: "recraft", endpoint: "fal-ai/recraft/v3", cost: 3000, images: 3),
        row(4, "2026-01-31T12:00:00Z", key: nil, alias: nil, endpoint: nil, cost: 0, images: 0, status: .failure),
        row(5, "2026-02-01T00:00:00Z", key: "ben", alias: "flux", endpoint: "fal-ai/flux/dev", cost: 40_000, images: 1),
    ]

    private static func row(
        _ number: Int, _ time: String, key: String?, alias: String?, endpoint: String?, cost: Int64, images: Int,
        status: SpendRow.Status = .success
    ) -> SpendRow {
        var row = SpendRow.make(
            number, startedAt: Timestamp(time) ?? Timestamp(milliseconds: 0), cost: cost, images: images, status: status)
        row.keyHash = key
        row.alias = alias
        row.endpoint = endpoint
        return row
    }

    private func found(_ change: (inout SpendQuery) -> Void) async throws -> [String] {
        var query = SpendQuery()
        change(&query)
        let rows = try await ledger.spendLogs(query)
        if query.limit == LedgerLimits.rowsPerQuery && query.offset == 0 {
            #expect(try await ledger.spendCount(query) == rows.count)
        }
        return rows.map { String($0.requestID.suffix(1)) }
    }

    @Test("rows come newest first")
    func newestFirst() async throws {
        #expect(try await ledger.spendLogs(SpendQuery()) == Self.rows.reversed())
    }

    @Test("a time range takes its first instant and leaves its last")
    func timeRange() async throws {
        let day = try #require(Timestamp("2026-01-31"))
        let next = try #require(Timestamp("2026-02-01"))
        #expect(try await found { ($0.from, $0.until) = (day, next) } == ["4", "3", "2"])
        #expect(try await found { $0.from = next } == ["5"])
        #expect(try await found { $0.until = day } == ["1"])
    }

    @Test("conditions narrow, and hold together")
    func conditions() async throws {
        #expect(try await found { $0.keyHash = "anna" } == ["2", "1"])
        #expect(try await found { $0.model = "flux" } == ["5", "2", "1"])
        #expect(try await found { $0.model = "fal-ai/flux/dev" } == ["5", "1"])
        #expect(try await found { $0.requestID = orderedID(3) } == ["3"])
        #expect(try await found { $0.status = .failure } == ["4"])
        #expect(try await found { ($0.keyHash, $0.model) = ("ben", "flux") } == ["5"])
        #expect(try await found { $0.keyHash = "' OR 1 = 1 --" } == [])
    }

    @Test("limit and offset page through, and nonsense asks for nothing")
    func paging() async throws {
        #expect(try await found { $0.limit = 2 } == ["5", "4"])
        #expect(try await found { ($0.limit, $0.offset) = (2, 2) } == ["3", "2"])
        #expect(try await found { ($0.limit, $0.offset) = (2, 9) } == [])
        #expect(try await found { $0.limit = 0 } == [])
        #expect(try await found { $0.limit = -1 } == [])
        #expect(try await found { ($0.limit, $0.offset) = (1, -1) } == ["5"])
        #expect(try await ledger.spendCount(SpendQuery(limit: 1, offset: 3)) == 5)
    }

    @Test("days are UTC days, from the newest")
    func byDay() async throws {
        #expect(
            try await ledger.spendSummary(by: .day, SpendQuery()) == [
                sum("2026-02-01", requests: 1, images: 1, cost: 40_000),
                sum("2026-01-31", requests: 3, failures: 1, images: 5, cost: 3020),
                sum("2026-01-30", requests: 1, images: 1, cost: 100),
            ])
    }

    @Test("keys, models and endpoints come from the dearest, with a line for the rows without one")
    func byName() async throws {
        #expect(
            try await ledger.spendSummary(by: .key, SpendQuery()) == [
                sum("ben", requests: 2, images: 4, cost: 43_000), sum("anna", requests: 2, images: 3, cost: 120),
                sum(nil, requests: 1, failures: 1, images: 0, cost: 0),
            ])
        #expect(
            try await ledger.spendSummary(by: .model, SpendQuery()) == [
                sum("flux", requests: 3, images: 4, cost: 40_120), sum("recraft", requests: 1, images: 3, cost: 3000),
                sum(nil, requests: 1, failures: 1, images: 0, cost: 0),
            ])
        var query = SpendQuery()
        query.keyHash = "anna"
        #expect(
            try await ledger.spendSummary(by: .endpoint, query) == [
                sum("fal-ai/flux/dev", requests: 1, images: 1, cost: 100),
                sum("fal-ai/flux/schnell", requests: 1, images: 2, cost: 20),
            ])
    }

    @Test("sums are exact to the nano-dollar where a double would not be")
    func exactSums() async throws {
        let dear = (1 << 53) + 1
        try await ledger.settle(.make(100, startedAt: .init(milliseconds: 0), cost: Int64(dear)))
        try await ledger.settle(.make(101, startedAt: .init(milliseconds: 1), cost: 1))
        let sums = try await ledger.spendSummary(by: .day, SpendQuery())
        #expect(sums.last == sum("1970-01-01", requests: 2, images: 2, cost: Int64(dear) + 1))
    }

    @Test("a sum beyond the range is an error, never a wrong number")
    func overflow() async throws {
        for number in [100, 101] { try await ledger.settle(.make(number, cost: .max)) }
        await #expect(throws: LedgerError.self) { try await ledger.spendSummary(by: .day, SpendQuery()) }
    }

    private func sum(_ group: String?, requests: Int, failures: Int = 0, images: Int, cost: Int64) -> SpendSummary {
        SpendSummary(
            group: group, requests: requests, failures: failures, images: images, cost: Nanodollars(rawValue: cost))
    }
}
