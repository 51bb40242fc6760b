import Testing

@testable import Reactor

@Suite("Deadlines and timers") struct TimerTests {
    @Test("a duration too long to count is never, a negative one is now")
    func saturation() {
        let start = Deadline(nanoseconds: 1_000)
        #expect(start.advanced(by: .nanoseconds(5)) == Deadline(nanoseconds: 1_005))
        #expect(start.advanced(by: .seconds(Int64.max)) == .never)
        #expect(start.advanced(by: .seconds(-3)) == start)
        #expect(start.nanoseconds(since: Deadline(nanoseconds: 2_000)) == 0)
        #expect(Deadline(nanoseconds: 2_000).nanoseconds(since: start) == 1_000)
    }

    @Test("timers end in the order of their deadlines, whatever order they began in")
    func order() async throws {
        let loop = try LoopActor()
        let ended = try await loop.run { loop in
            let start = Deadline.now
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for delay in [7, 1, 9, 3, 5, 2, 8, 4, 6] {
                    group.addTask {
                        try await loop.reactor.sleep(until: start.advanced(by: .milliseconds(delay * 3)))
                        return delay
                    }
                }
                var ended: [Int] = []
                while let delay = try await group.next() { ended.append(delay) }
                return ended
            }
        }
        #expect(ended == Array(1...9))
    }

    @Test("a waiter taken out of the middle of the heap leaves the others in order")
    func heapRemoval() async throws {
        let loop = try LoopActor()
        let order = try await loop.run { loop in
            let start = Deadline.now
            let tasks = (1...20).map { step in
                Task(executorPreference: loop.reactor) {
                    do {
                        try await loop.reactor.sleep(until: start.advanced(by: .milliseconds(step)))
                        return step
                    } catch {
                        return -step
                    }
                }
            }
            for step in stride(from: 2, through: 20, by: 3) { tasks[step - 1].cancel() }
            var results: [Int] = []
            for task in tasks { results.append(await task.value) }
            return results
        }
        #expect(order == (1...20).map { $0 % 3 == 2 ? -$0 : $0 })
    }

    @Test("a wake before the wait is kept, one only")
    func earlyWake() async throws {
        let loop = try LoopActor()
        let second = try await loop.run { loop in
            let waiter = Waiter(on: loop.reactor)
            waiter.wake()
            waiter.wake()
            try await waiter.wait(until: .never)
            do {
                try await waiter.wait(until: .after(.milliseconds(1)))
                return "woken"
            } catch let error as IOFailure {
                return error.description
            }
        }
        #expect(second == "timed out")
    }

    @Test("a cancelled task does not begin to wait")
    func cancelledBefore() async throws {
        let loop = try LoopActor()
        let failure = try await loop.run { loop in
            let task = Task(executorPreference: loop.reactor) { () -> IOFailure? in
                withUnsafeCurrentTask { $0?.cancel() }
                return await failureOf { try await loop.reactor.sleep(until: .never) }
            }
            return await task.value
        }
        #expect(failure == .cancelled)
    }

    @Test("work posted from another thread runs on the loop")
    func post() async throws {
        let loop = try LoopActor()
        let reactor = loop.reactor
        #expect(!reactor.isCurrent)
        let onLoop = await withCheckedContinuation { continuation in
            reactor.post { continuation.resume(returning: reactor.isCurrent) }
        }
        #expect(onLoop)
    }

    @Test("a task that always has more to do starves nobody")
    func fairness() async throws {
        let loop = try LoopActor()
        let isServed = try await loop.run { loop in
            let greedy = Task(executorPreference: loop.reactor) {
                while !Task.isCancelled { await Task.yield() }
            }
            let pair = try await Pair.make(on: loop.reactor)
            try await pair.client.write(Array("x".utf8), stall: .seconds(1))
            let served = try await pair.server.read(1) == Array("x".utf8)
            pair.close()
            greedy.cancel()
            return served
        }
        #expect(isServed)
    }
}
