import SQLite
import Testing

@testable import Ledger

@Suite("A job's life") struct JobEventTests {
    /// Every state and every event, written out: a dot is an event that cannot happen.
    static let table = """
                          reserved   submitted  unknown    abandoned  settled
        submitted         submitted  .          submitted  .          .
        answerLost        unknown    submitted  unknown    abandoned  .
        refused           settled    .          settled    .          .
        ended             settled    settled    settled    settled    .
        givenUp           unknown    abandoned  unknown    abandoned  .
        processEnded      unknown    submitted  unknown    abandoned  .
        operatorDecided   .          .          settled    settled    .
        """

    struct Pair: CustomTestStringConvertible {
        let state: JobState
        let event: JobEvent
        let after: JobState?
        var testDescription: String { "\(state), \(event)" }
    }

    static let pairs: [Pair] = {
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return lines.dropFirst().flatMap { line in
            zip(lines[0], line.dropFirst()).compactMap { state, after in
                guard let state = JobState(rawValue: state), let event = JobEvent(rawValue: line[0]) else { return nil }
                return Pair(state: state, event: event, after: JobState(rawValue: after))
            }
        }
    }()

    @Test("the table knows every pair")
    func whole() {
        #expect(Self.pairs.count == JobState.allCases.count * JobEvent.allCases.count)
    }

    @Test("what follows is as the table says", arguments: pairs)
    func function(pair: Pair) {
        #expect(pair.state.after(pair.event) == pair.after)
    }

    @Test("the journal does exactly that, to that job only", arguments: pairs)
    func journal(pair: Pair) throws {
        let connection = try Connection(path: ":memory:", access: .readWriteCreate, busyTimeout: .zero)
        try Schema.migrate(connection)
        let journal = try Journal(on: connection)
        _ = try journal.open(.make(1), jobs: [.make(1, 0), .make(1, 1)], stored: nil, at: .noon)
        _ = try journal.open(.make(2), jobs: [.make(2, 0)], stored: nil, at: .noon)
        let job = JobRow.make(1, 0).id
        if pair.state == .settled {
            try journal.transitions.apply(.ended, to: job)
        } else {
            try connection.execute("UPDATE jobs SET state = '\(pair.state.rawValue)' WHERE request_id = '\(orderedID(1))' AND ordinal = 0")
        }
        var refusal: LedgerError?
        do throws(LedgerError) {
            switch pair.event {
            case .submitted:
                let receipt = Submission(falRequestID: "f", statusURL: "s", responseURL: "r", cancelURL: "c", at: .noon)
                try journal.transitions.submitted(job, receipt)
            case .processEnded: try journal.transitions.adoptAll()
            default: try journal.transitions.apply(pair.event, to: job)
            }
        } catch {
            refusal = error
        }
        let expected: LedgerError? =
            switch (pair.state, pair.after) {
            case (.settled, _): pair.event == .processEnded ? nil : .noSuchJob(job)
            case (_, nil): .impossible(job, pair.event)
            default: nil
            }
        #expect(refusal == expected)
        let found = try journal.transitions.state(of: job)
        let after = pair.after ?? pair.state
        #expect(found == (after == .settled ? nil : after))
        // The job's neighbours, in its request and in another, only notice the end of the process.
        let others: JobState = pair.event == .processEnded ? .unknown : .reserved
        #expect(try journal.transitions.state(of: JobRow.make(1, 1).id) == others)
        #expect(try journal.transitions.state(of: JobRow.make(2, 0).id) == others)
    }
}
