import Glibc
import JSON
import Ledger
import Money

extension Command {
    static let jobs = Command(
        name: "jobs", summary: "lists the jobs that are not settled, from the ledger's database", operands: "[resolve JOB]",
        options: [
            .value("database", "d", as: "FILE", help: "the ledger; falgate.db"),
            .value("state", as: "STATE", help: "only those: reserved, submitted, unknown, abandoned"),
            .value("paid", as: "DOLLARS", help: "with resolve: fal's bill has the job, with this amount"),
            .flag("not_paid", help: "with resolve: fal's bill does not have it"),
            .flag("json", help: "as JSON, amounts in dollars and nano-dollars"),
        ]
    ) { arguments in
        switch arguments.positionals.first {
        case nil: return try JobsReport.list(arguments)
        case "resolve": return try JobsReport.resolve(arguments)
        case let word?: throw UsageError("jobs takes `resolve JOB` or nothing, not \(word)")
        }
    }
}

/// The runs of `falgate jobs`.
enum JobsReport {
    private static func path(_ arguments: Arguments) -> String { arguments["database"] ?? "falgate.db" }

    static func list(_ arguments: Arguments) throws -> Int32 {
        try arguments.expectPositionals(atMost: 0)
        let state = try arguments["state"].map { text throws(UsageError) in
            guard let state = JobState(rawValue: text), state != .settled else {
                throw UsageError("--state is \(text); it takes reserved, submitted, unknown or abandoned")
            }
            return state
        }
        let jobs: [UnsettledJob]
        do {
            jobs = try LedgerReader(path: path(arguments)).unsettledJobs(state)
        } catch {
            throw StartFailure("\(path(arguments)): \(error)")
        }
        guard !arguments.has("json") else {
            output(String(decoding: JSONValue.array(jobs.map(\.json)).serialized(), as: UTF8.self) + "\n")
            return 0
        }
        let columns = ["age", "state", "model", "endpoint", "reserved", "fal request", "job"]
        output(Table(columns: columns, rows: jobs.map(\.cells)).text)
        return 0
    }

    /// Ends a job that nobody can follow, as fal's bill says.
    static func resolve(_ arguments: Arguments) throws -> Int32 {
        try arguments.expectPositionals(atMost: 2)
        guard arguments.positionals.count == 2, let job = JobID(arguments.positionals[1]) else {
            throw UsageError("resolve takes a job as `falgate jobs` shows it: <request id>/<number>")
        }
        let decision = try decision(arguments)
        let path = path(arguments)
        // The ledger would be made.
        guard access(path, F_OK) == 0 else { throw StartFailure("\(path): there is no such file") }
        do {
            let ledger = try Ledger(path: path)
            defer { ledger.close() }
            try Blocking.wait(throwing: { try await ledger.resolveUnknown(job, decision) })
        } catch LedgerError.inUse {
            throw StartFailure("\(path): a gateway is running with this ledger; stop it first, its jobs go on at fal")
        } catch {
            throw StartFailure("\(path): \(error)")
        }
        output("\(job) is settled\n")
        return 0
    }

    private static func decision(_ arguments: Arguments) throws(UsageError) -> OperatorDecision {
        switch (arguments["paid"], arguments.has("not_paid")) {
        case (nil, true): return .notPaid
        case (let text?, false):
            guard let price = UnitPrice(dollars: text), let amount = price.times(1) else {
                throw UsageError("--paid is \(text); it takes an amount of dollars such as 0.05")
            }
            return .paid(amount)
        default: throw UsageError("resolve takes --paid DOLLARS or --not-paid, as fal's bill says")
        }
    }
}

extension JobID {
    /// `<request id>/<number>`, as it is shown.
    fileprivate init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let ordinal = Int(parts[1]), ordinal >= 0 else { return nil }
        self.init(requestID: String(parts[0]), ordinal: ordinal)
    }
}

extension UnsettledJob {
    fileprivate var cells: [String] {
        [
            "\(age(at: .now).components.seconds) s", job.state.rawValue, request.alias, job.endpoint, "$\(job.reserved.dollars)",
            job.submission?.falRequestID ?? "-", job.id.description,
        ]
    }

    fileprivate var json: JSONValue {
        [
            "job": .string(job.id.description), "request_id": .string(request.id), "state": .string(job.state.rawValue),
            "model": .string(request.alias), "endpoint": .string(job.endpoint),
            "key_hash": request.keyHash.map(JSONValue.string) ?? .null,
            "fal_request_id": (job.submission?.falRequestID).map(JSONValue.string) ?? .null,
            "started_at": .string(request.startedAt.iso8601), "age_seconds": .integer(Int(age(at: .now).components.seconds)),
            "reserved": .string(job.reserved.dollars), "reserved_nanodollars": .integer(Int(job.reserved.rawValue)),
        ]
    }
}
