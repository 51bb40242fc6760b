import Synchronization
import Testing

@testable import Ledger

@Suite("Callers of a batch") struct PieceTests {
    @Test("one on each actor is resumed from outside, and has the others on its actor to resume")
    func heralds() {
        let (left, right) = (Place(), Place())
        let pieces = [left, right, nil, left, nil, left, right].map(Noted.init)
        pieces.map { $0 as any Piece<Void> }.finishAll()
        let companions = pieces.map { piece in
            piece.companions.map { $0.map { companion in pieces.firstIndex { $0 === companion } } }
        }
        #expect(companions == [[3, 5], [6], [], nil, [], nil, nil])
    }

    @Test("those who wait together on one actor get an answer each", arguments: [1, 2, 100])
    func answers(callers: Int) async throws {
        let queue = WorkQueue<any Piece<Int>>(room: .max)
        let place = Place()
        let answers = try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 1...callers { group.addTask { try? await place.ask(queue, number) } }
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

private actor Place {
    func ask(_ queue: WorkQueue<any Piece<Int>>, _ number: Int) async throws(LedgerError) -> Int {
        try await queue.perform(.refusable) { $0 + number }
    }
}

/// Notes with whom it was finished.
private final class Noted: Piece {
    let home: ObjectIdentifier?
    private let finished = Mutex<[any Piece<Void>]?>(nil)

    init(_ place: Place?) {
        home = place.map { ObjectIdentifier($0) }
    }

    var companions: [any Piece<Void>]? { finished.withLock { $0 } }

    func run(in context: Void) -> LedgerError? { nil }

    func fail(_ failure: LedgerError) {}

    func finish(with companions: [any Piece<Void>]) {
        finished.withLock { $0 = companions }
    }
}
