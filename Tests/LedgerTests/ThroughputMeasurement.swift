import Foundation
import Ledger
import Testing

/// Not a test but a measurement, made when asked for:
/// `FALGATE_MEASURE=1 swift test -c release --filter ThroughputMeasurement`.
@Suite("Throughput", .enabled(if: ProcessInfo.processInfo.environment["FALGATE_MEASURE"] != nil), .serialized)
struct ThroughputMeasurement {
    @Test("open, submitted, settle: requests a second and latencies", arguments: [1, 8, 64, 256])
    func requests(callers: Int) async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(path: folder.database)
        let each = max(60, 12_800 / max(callers, 8))
        let before = rusage.now
        let start = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Step: [Duration]].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var measured: [Step: [Duration]] = [:]
                    for round in 0..<each {
                        // Ids as they would come: in the order of time over all callers.
                        let number = round * callers + caller
                        let job = JobRow.make(number)
                        measured[.open, default: []].append(
                            try await timed { try await ledger.open(.make(number), jobs: [job]) })
                        measured[.submitted, default: []].append(try await timed { try await ledger.submit(job.id) })
                        measured[.settle, default: []].append(
                            try await timed {
                                try await ledger.settle(.make(number), jobs: [JobSettlement(job.id, .settled)])
                            })
                    }
                    return measured
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let cpu = rusage.now - before
        let total = each * callers
        ledger.close()
        let size = try FileManager.default.attributesOfItem(atPath: folder.database)[.size] as? Int ?? 0
        let rate = Int(Double(total) / seconds)
        print("\(callers) callers: \(rate) requests/s, \(3 * rate) operations/s, "
            + "\(Int(cpu / Double(total) * 1e6)) us CPU a request, \(size / total) bytes a row")
        for step in Step.allCases {
            let sorted = (latencies[step] ?? []).sorted()
            let median = sorted[sorted.count / 2]
            let high = sorted[sorted.count * 99 / 100]
            print("   \(step): p50 \(median), p99 \(high), max \(sorted[sorted.count - 1])")
        }
    }
}

private enum Step: CaseIterable { case open, submitted, settle }

private func timed(_ body: () async throws -> Void) async throws -> Duration {
    let start = ContinuousClock.now
    try await body()
    return ContinuousClock.now - start
}

extension rusage {
    /// Seconds of processor time this process has used.
    fileprivate static var now: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
