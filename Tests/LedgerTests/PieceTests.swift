import Glibc
import Synchronization
import Testing

@testable import Ledger

@Suite("Callers of a batch") struct PieceTests {
    @Test("one of each thread is resumed from outside, and has the others of its thread to resume")
    func heralds() {
        let pieces = [1, 2, 3, 1, 1, 2].map(Noted.init)
        pieces.map { $0 as any Piece<Void> }.finishAll()
        let companions = pieces.map { piece in
            piece.companions.map { $0.map { companion in pieces.firstIndex { $0 === companion } } }
        }
        #expect(companions == [[3, 4], [5], [], nil, nil, nil])
    }

    @Test("those who wait together get an answer each", arguments: [1, 2, 100])
    func answers(callers: Int) async throws {
        let queue = WorkQueue<any Piece<Int>>(room: .max)
        let answers = try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 1...callers { group.addTask { try? await queue.perform(.refusable) { $0 + number } } }
            while queue.count < callers { await Task.yield() }
            let batch = try #require(queue.takeAll())
            for piece in batch { _ = piece.run(in: 1000) }
            batch.first?.fail(.overloaded)
            batch.finishAll()
            return try await group.reduce(into: [Int]()) { if let answer = $1 { $0.append(answer) } }
        }
        #expect(answers.count == callers - 1)
        #expect(Set(answers).isSubset(of: Set(1001...1000 + callers)))
        #expect(Set(answers).count == answers.count)
    }
}

/// Notes with whom it was finished.
private final class Noted: Piece {
    let thread: pthread_t
    private let finished = Mutex<[any Piece<Void>]?>(nil)

    init(_ thread: pthread_t) {
        self.thread = thread
    }

    var companions: [any Piece<Void>]? { finished.withLock { $0 } }

    func run(in context: Void) -> LedgerError? { nil }

    func fail(_ failure: LedgerError) {}

    func finish(with companions: [any Piece<Void>]) {
        finished.withLock { $0 = companions }
    }
}
