import Foundation
import Testing

@testable import Ledger

@Suite("The queue before a thread") struct WorkQueueTests {
    @Test("work comes out in order, all at once")
    func order() throws {
        let queue = WorkQueue<Int>(room: 10)
        for number in 1...3 { try queue.put(number, .refusable) }
        #expect(queue.count == 3)
        #expect(queue.takeAll() == [1, 2, 3])
        #expect(queue.count == 0)
    }

    @Test("at the bound new work is refused and owed work is taken")
    func bound() throws {
        let queue = WorkQueue<Int>(room: 2)
        try queue.put(1, .refusable)
        try queue.put(2, .refusable)
        #expect(throws: LedgerError.overloaded) { try queue.put(3, .refusable) }
        try queue.put(4, .owed)
        #expect(queue.takeAll() == [1, 2, 4])
        try queue.put(5, .refusable)
        #expect(queue.takeAll() == [5])
    }

    @Test("a closed queue hands out what it has, then ends")
    func closing() throws {
        let queue = WorkQueue<Int>(room: 2)
        try queue.put(1, .refusable)
        queue.close()
        #expect(throws: LedgerError.closed) { try queue.put(2, .owed) }
        #expect(queue.takeAll() == [1])
        #expect(queue.takeAll() == nil)
        #expect(queue.takeAll() == nil)
    }

    @Test("a thread that waits is woken by work and by the end, and misses nothing")
    func waking() throws {
        let queue = WorkQueue<Int>(room: .max)
        let ended = DispatchSemaphore(value: 0)
        let sum = Sum()
        let reader = Thread {
            while let batch = queue.takeAll() { sum.value += batch.reduce(0, +) }
            ended.signal()
        }
        reader.start()
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for number in 1...10_000 { try? queue.put(number, .refusable) }
        }
        queue.close()
        ended.wait()
        #expect(sum.value == 8 * 50_005_000)
    }
}

/// Written by one thread, read after it has ended.
private final class Sum: @unchecked Sendable {
    var value = 0
}
