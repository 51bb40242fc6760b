import Ledger
import Money
import TemporaryFolders

extension TemporaryFolder {
    var database: String { file("falgate.db") }
}

/// Ids that sort by number, as the gateway's sort by time.
func orderedID(_ number: Int) -> String {
    let digits = String(number)
    return "req_" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}

extension Timestamp {
    /// 2026-01-31T12:34:56.789Z
    static let noon = Timestamp(milliseconds: 1_769_862_896_789)
}

extension SpendRow {
    static func make(
        _ number: Int = 1, startedAt: Timestamp = .noon, cost: Int64 = 25_000_000, images: Int = 1,
        status: Status = .success
    ) -> SpendRow {
        var row = SpendRow(
            requestID: orderedID(number), startedAt: startedAt, callType: "aimage_generation",
            route: "/v1/images/generations", status: status, httpStatus: status == .success ? 200 : 502,
            durations: Durations(
                total: .microseconds(2_000_123), queued: .microseconds(100_000), inProgress: .microseconds(1_800_000),
                overhead: .microseconds(523)))
        row.keyHash = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
        row.alias = "flux-dev"
        row.endpoint = "fal-ai/flux/dev"
        row.deploymentID = "deployment-1"
        row.falRequestIDs = images == 0 ? [] : ["764cabcf-b745-4b3e-ae38-1200304cf45b"]
        row.imagesAsked = 1
        row.images = images
        row.sizes = Array(repeating: "1024x768", count: images)
        row.cost = Nanodollars(rawValue: cost)
        row.basis = .billed
        row.errorCode = status == .success ? nil : "fal_failed"
        return row
    }
}

extension RequestRow {
    static func make(_ number: Int = 1) -> RequestRow {
        RequestRow(
            id: orderedID(number), startedAt: .noon, callType: "aimage_generation", route: "/v1/images/generations",
            keyHash: "88dc28d0", alias: "flux-dev", imagesAsked: 1)
    }
}

extension JobRow {
    static func make(_ number: Int = 1, _ ordinal: Int = 0) -> JobRow {
        JobRow(
            id: JobID(requestID: orderedID(number), ordinal: ordinal), deploymentID: "deployment-1",
            endpoint: "fal-ai/flux/dev", reserved: Nanodollars(rawValue: 25_000_000))
    }
}

extension Ledger {
    func spendLogs(_ query: SpendQuery) async throws(LedgerError) -> [SpendRow] {
        try await spendLogs(query) { $0 }
    }

    /// How many rows match.
    func spendCount(_ query: SpendQuery) async throws(LedgerError) -> Int {
        try await spendSummary(by: .day, query).reduce(0) { $0 + $1.requests }
    }

    func submit(_ job: JobID) async throws(LedgerError) {
        let base = "https://queue.fal.run/fal-ai/flux/requests/\(job.requestID)"
        try await submitted(
            job, falRequestID: "fal-\(job)", statusURL: base + "/status", responseURL: base, cancelURL: base + "/cancel")
    }

    /// The three durable steps of a request with one job.
    func serve(_ number: Int) async throws(LedgerError) {
        let job = JobRow.make(number)
        try await open(.make(number), jobs: [job])
        try await submit(job.id)
        try await settle(.make(number), jobs: [JobSettlement(job.id, .settled)])
    }
}

extension [UInt8] {
    static func fingerprint(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
}

extension StoredRequest.Draft {
    static func make(key: String? = nil, fingerprint: UInt8 = 1, joinsSince: Timestamp? = nil) -> Self {
        StoredRequest.Draft(
            fingerprint: .fingerprint(fingerprint), idempotencyKey: key,
            rendering: Array(#"{"response_format":"url"}"#.utf8), joinsSince: joinsSince)
    }
}

extension StoredAnswer {
    static let made = StoredAnswer(.finished, httpStatus: 200, body: Array(#"{"data":[{"url":"https://x/y.png"}]}"#.utf8))
}

extension Timestamp {
    /// Later than any test runs.
    static let later = Timestamp(milliseconds: 9_000_000_000_000)
}
