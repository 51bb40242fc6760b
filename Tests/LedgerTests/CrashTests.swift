import ChildProcesses
import Foundation
import Ledger
import TemporaryFolders
import Testing

/// Kills a process that serves from a ledger, and looks at what it left.
@Suite("kill -9") struct CrashTests {
    /// Set in the child only: the database it serves from.
    private static let task = "FALGATE_LEDGER_CRASH_CHILD"

    @Test("every request that was acknowledged is there after kill -9, whole, and every job is found", arguments: 1...3)
    func killed(round: Int) async throws {
        let folder = try TemporaryFolder()
        let child = try Child(serving: folder.database)
        // Kill it in the middle of its work, at another point each round.
        let acknowledged = try child.killAfter(lines: 200 * round)
        #expect(acknowledged.count >= 200 * round)

        let ledger = try Ledger(path: folder.database)
        let recorded = Set(try await ledger.spendLogs(SpendQuery()).map(\.requestID))
        let open = try await ledger.openRequests()
        let settled = acknowledged.filter { $0.hasPrefix("settled ") }.map { String($0.dropFirst(8)) }
        let submitted = acknowledged.filter { $0.hasPrefix("submitted ") }.map { String($0.dropFirst(10)) }
        let opened = acknowledged.filter { $0.hasPrefix("opened ") }.map { String($0.dropFirst(7)) }
        #expect(!settled.isEmpty && !submitted.isEmpty && !opened.isEmpty)
        #expect(recorded.isSuperset(of: settled))
        #expect(recorded.union(open.map(\.request.id)).isSuperset(of: opened))
        let receipts = open.filter { $0.jobs.allSatisfy { $0.submission != nil } }.map(\.request.id)
        #expect(recorded.union(receipts).isSuperset(of: submitted))
        // A spend row and its job's end are one: nobody is in both.
        #expect(recorded.isDisjoint(with: open.map(\.request.id)))
        #expect(open.allSatisfy { !$0.isRecorded })
        // What is kept for the owner has come exactly as far as the money.
        #expect(open.allSatisfy { $0.stored?.isRunning == true })
        for id in recorded { #expect(try await ledger.storedRequest(id: id)?.end?.answer == .made) }
        // The next process takes all of it over.
        #expect(try await ledger.adoptJournal().allSatisfy { $0.jobs.allSatisfy { $0.state != .reserved } })
    }

    /// The child's whole life: serves requests from many callers until it is killed, and says on
    /// standard output what the ledger has acknowledged.
    @Test("(child process)", .enabled(if: ProcessInfo.processInfo.environment[task] != nil))
    func child() async throws {
        let ledger = try Ledger(path: try #require(ProcessInfo.processInfo.environment[Self.task]))
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<16 {
                group.addTask {
                    for round in 0... {
                        let number = round * 16 + caller
                        let job = JobRow.make(number)
                        do {
                            try await ledger.open(.make(number), jobs: [job], stored: .make(key: "\(number)"))
                            say("opened \(orderedID(number))")
                            try await ledger.submit(job.id)
                            say("submitted \(orderedID(number))")
                            try await ledger.settle(
                                .make(number), jobs: [JobSettlement(job.id, .settled)], stored: .kept(.made, until: .later))
                            say("settled \(orderedID(number))")
                        } catch {
                            say("failed \(error)")
                        }
                    }
                }
            }
        }
    }
}

let mark = "@ledger "

/// One write, so that lines of several threads do not mix.
func say(_ text: String) {
    let line = Array((mark + text + "\n").utf8)
    _ = write(STDOUT_FILENO, line, line.count)
}

/// This very test program again, told to run nothing but the child.
final class Child {
    private let process: ChildProcess

    /// - Parameter task: the variable that tells the child what it is, and its test.
    init(serving database: String, task: String = "FALGATE_LEDGER_CRASH_CHILD", test: String = "CrashTests/child") throws {
        let ourselves = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let environment = ProcessInfo.processInfo.environment.merging([task: database]) { $1 }
        process = try ChildProcess(
            [ourselves] + Self.arguments + ["--filter", test], environment: environment.map { "\($0)=\($1)" },
            readsOutput: true)
    }

    /// Our own arguments, with the filter replaced.
    private static var arguments: [String] {
        var kept: [String] = []
        var isValue = false
        for argument in CommandLine.arguments.dropFirst() {
            if isValue {
                isValue = false
            } else if ["--filter", "--skip", "--xunit-output", "--event-stream-output-path"].contains(argument) {
                isValue = true
            } else {
                kept.append(argument)
            }
        }
        return kept
    }

    /// Reads until so many lines have come, kills, and reads what was still said before.
    func killAfter(lines: Int) throws -> [String] {
        var text: [UInt8] = []
        var isKilled = false
        while true {
            // What is there, not a full buffer: a child may say one line and wait.
            let more = process.readOutput()
            guard !more.isEmpty else { break }
            text += more
            guard !isKilled, String(decoding: text, as: UTF8.self).count(of: mark) >= lines else { continue }
            process.signal(SIGKILL)
            isKilled = true
        }
        let code = process.wait()
        try #require(isKilled, "the child ended by itself with \(code)")
        return String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
    }
}

extension String {
    fileprivate func count(of part: String) -> Int {
        components(separatedBy: part).count - 1
    }
}
