import Testing

@testable import Reactor

/// Between the entry of `wait` and the suspension other tasks of the loop get to run.
@Suite("Waiter") struct WaiterTests {
    /// One waiter on one loop, used by several tasks.
    private actor Place {
        nonisolated let reactor: Reactor
        nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
        private let waiter: Waiter

        init(on reactor: Reactor) {
            self.reactor = reactor
            waiter = Waiter(on: reactor)
        }

        func park() async -> IOFailure? {
            do throws(IOFailure) {
                try await waiter.wait(until: .after(.seconds(2)))
                return nil
            } catch {
                return error
            }
        }

        func wakeIfOccupied() -> Bool {
            guard waiter.isOccupied else { return false }
            waiter.wake()
            return true
        }
    }

    @Test("a wake that comes while a wait begins ends it, and the waiter is seen to be occupied")
    func wakeAtEntry() async throws {
        let loop = try LoopActor()
        let place = Place(on: loop.reactor)
        let failure = try await loop.run { loop in
            let parked = Task(executorPreference: loop.reactor) { await place.park() }
            while !(await place.wakeIfOccupied()) { await Task.yield() }
            return await parked.value
        }
        #expect(failure == nil)
    }

    @Test("a wake right behind the entry of a wait is not lost")
    func wakeInOrder() async throws {
        let loop = try LoopActor()
        let place = Place(on: loop.reactor)
        let (failure, wasOccupied) = try await loop.run { loop in
            let parked = Task(executorPreference: loop.reactor) { await place.park() }
            let woken = Task(executorPreference: loop.reactor) { await place.wakeIfOccupied() }
            let wasOccupied = await woken.value
            return (await parked.value, wasOccupied)
        }
        #expect(wasOccupied)
        #expect(failure == nil)
    }

    @Test("work waits without a task: for a wake, for one that was there before, for the deadline; each time once")
    func work() async throws {
        let loop = try LoopActor()
        let calls = try await loop.run { loop in
            let waiter = Waiter(on: loop.reactor)
            var calls: [String] = []
            waiter.whenOver(until: .never) { calls.append("woken") }
            #expect(waiter.isOccupied && calls.isEmpty)
            waiter.wake()
            #expect(!waiter.isOccupied)
            waiter.wake()
            waiter.whenOver(until: .never) { calls.append("at once") }
            #expect(!waiter.isOccupied)
            let signal = Waiter(on: loop.reactor)
            waiter.whenOver(until: .after(.milliseconds(1))) {
                calls.append("late")
                signal.wake()
            }
            try await signal.wait(until: .after(.seconds(60)))
            return calls
        }
        #expect(calls == ["woken", "at once", "late"])
    }
}
