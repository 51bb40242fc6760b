internal import SQLite

/// The statements that move jobs from state to state: one an event, made from `JobState.after`,
/// so that the rules exist once and a step costs one statement, without a read before it.
final class JobTransitions {
    private let statements: [JobEvent: Statement]
    private let submit: Statement
    private let findState: Statement
    private let findStart: Statement
    private let adopt: Statement

    init(on connection: Connection) throws(SQLiteError) {
        var statements: [JobEvent: Statement] = [:]
        for event in JobEvent.allCases where event != .submitted && event != .processEnded {
            statements[event] = try Statement(Self.sql(event) + " AND request_id = ? AND ordinal = ?", on: connection)
        }
        self.statements = statements
        let receipt = "fal_request_id = ?, status_url = ?, response_url = ?, cancel_url = ?, submitted_at = ?"
        submit = try Statement(
            Self.sql(.submitted, setting: receipt) + " AND request_id = ? AND ordinal = ?", on: connection)
        findState = try Statement("SELECT state FROM jobs WHERE request_id = ? AND ordinal = ?", on: connection)
        findStart = try Statement("SELECT started_at FROM jobs WHERE request_id = ? AND ordinal = ?", on: connection)
        adopt = try Statement(Self.sql(.processEnded), on: connection)
    }

    /// - Throws: `.noSuchJob`, `.impossible`; nothing has changed then.
    func apply(_ event: JobEvent, to job: JobID) throws(LedgerError) {
        guard let statement = statements[event] else { throw .impossible(job, event) }
        let changed = try LedgerError.translating { () throws(SQLiteError) in
            try statement.run(.text(job.requestID), SQLiteValue(job.ordinal))
        }
        guard changed == 1 else { throw try refusal(of: event, job) }
    }

    /// `JobEvent.submitted`, with the receipt.
    func submitted(_ job: JobID, _ submission: Submission) throws(LedgerError) {
        let changed = try LedgerError.translating { () throws(SQLiteError) in
            try submit.run { row in
                row.text(submission.falRequestID)
                row.text(submission.statusURL)
                row.text(submission.responseURL)
                row.text(submission.cancelURL)
                row.integer(submission.at.milliseconds)
                row.text(job.requestID)
                row.integer(Int64(job.ordinal))
            }
        }
        guard changed == 1 else { throw try refusal(of: .submitted, job) }
    }

    /// `JobEvent.processEnded`, for every job in the journal.
    func adoptAll() throws(LedgerError) {
        try LedgerError.translating { () throws(SQLiteError) in _ = try adopt.run() }
    }

    func state(of job: JobID) throws(LedgerError) -> JobState? {
        try LedgerError.translating { () throws(SQLiteError) in
            try findState.first([.text(job.requestID), SQLiteValue(job.ordinal)]) { row throws(SQLiteError) in
                try JobState.stored(row.text(0))
            }
        }
    }

    /// When the request of a job came in.
    /// - Throws: `.noSuchJob`.
    func startOfRequest(_ job: JobID) throws(LedgerError) -> Timestamp {
        let found = try LedgerError.translating { () throws(SQLiteError) in
            try findStart.first([.text(job.requestID), SQLiteValue(job.ordinal)]) { row in
                Timestamp(milliseconds: row.integer(0))
            }
        }
        guard let found else { throw .noSuchJob(job) }
        return found
    }

    private func refusal(of event: JobEvent, _ job: JobID) throws(LedgerError) -> LedgerError {
        try state(of: job) == nil ? .noSuchJob(job) : .impossible(job, event)
    }

    /// A DELETE for an event that settles, an UPDATE for any other. No event does both.
    private static func sql(_ event: JobEvent, setting columns: String? = nil) -> String {
        let moves = JobState.allCases.compactMap { state in state.after(event).map { (from: state, to: $0) } }
        // The plus keeps SQLite from making a list of it, which would cost a temporary table.
        let from = "(" + moves.map { "+state = '\($0.from.rawValue)'" }.joined(separator: " OR ") + ")"
        if moves.allSatisfy({ $0.to == .settled }) { return "DELETE FROM jobs WHERE \(from)" }
        precondition(moves.allSatisfy { $0.to != .settled }, "\(event) settles some jobs and not others")
        let cases = moves.map { "WHEN '\($0.from.rawValue)' THEN '\($0.to.rawValue)'" }.joined(separator: " ")
        let further = columns.map { ", " + $0 } ?? ""
        return "UPDATE jobs SET state = CASE state \(cases) END\(further) WHERE \(from)"
    }
}
