import Testing

@testable import FalSimulator

@Suite("The simulated queue") struct SimulatedQueueTests {
    @Test("what happened meanwhile has happened when it was due, however late anybody asks")
    func lateQuestions() {
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 100)
        let tickets = (0..<3).map { number in
            queue.submit(.make(id: "\(number)", run: .time(.seconds(2))), at: .start).ticket
        }
        #expect(!queue.advance(to: .seconds(3600)).isEmpty)
        #expect(tickets.map { queue[$0]?.state } == [2, 4, 6].map { .completed(at: .seconds($0), .planned) })
        #expect(queue.nextAlarm == nil)
    }

    @Test("no account has more in progress than its limit, and positions are true")
    func concurrency() {
        var queue = SimulatedQueue(runnersPerAccount: 2, retention: 100)
        let tickets = (0..<6).map { number in
            queue.submit(.make(id: "\(number)", run: .time(.seconds(Double(number + 1)))), at: .start).ticket
        }
        func positions(at time: Double) -> [Int?] {
            _ = queue.advance(to: .seconds(time))
            return tickets.map { ticket in
                queue[ticket]?.state == .ready ? queue.position(of: ticket, at: .seconds(time)) : nil
            }
        }
        #expect(positions(at: 0) == [nil, nil, 0, 1, 2, 3])
        #expect(positions(at: 1) == [nil, nil, nil, 0, 1, 2])
        #expect(positions(at: 2) == [nil, nil, nil, nil, 0, 1])
        #expect(queue.advance(to: .seconds(100)).accounts == [0])
        #expect(tickets.allSatisfy { queue[$0]?.isOver == true })
    }

    @Test("accounts do not wait for one another")
    func accounts() {
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 100)
        let mine = queue.submit(.make(id: "a", account: 1, run: .held), at: .start).ticket
        let other = queue.submit(.make(id: "b", account: 2, run: .held), at: .start).ticket
        #expect(queue[mine]?.state == .running(since: .start))
        #expect(queue[other]?.state == .running(since: .start))
    }

    @Test("a cancelled job leaves the line, and those behind it move up")
    func cancelInLine() {
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 100)
        let tickets = (0..<4).map { queue.submit(.make(id: "\($0)", run: .held), at: .start).ticket }
        let (answer, changes) = queue.cancel(tickets[1], at: .seconds(1))
        #expect(answer == .accepted)
        #expect(changes.jobs == [tickets[1]])
        #expect(changes.accounts == [0])
        #expect(queue.position(of: tickets[3], at: .seconds(1)) == 1)
        #expect(queue.cancel(tickets[1], at: .seconds(1)).answer == .notFound)
        _ = queue.release(tickets[0], at: .seconds(2))
        #expect(queue[tickets[2]]?.state == .running(since: .seconds(2)))
        #expect(queue.cancel(tickets[0], at: .seconds(2)).answer == .alreadyCompleted)
    }

    @Test("a job that is stopped gives its runner to the next")
    func stopRunning() {
        var behaviour = Behaviour()
        behaviour.cancellation.running = .stops
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 100)
        let first = queue.submit(.make(id: "1", run: .time(.seconds(5)), behaviour: behaviour), at: .start).ticket
        let second = queue.submit(.make(id: "2", run: .time(.seconds(5))), at: .start).ticket
        _ = queue.cancel(first, at: .seconds(1))
        #expect(queue[second]?.state == .running(since: .seconds(1)))
        _ = queue.advance(to: .seconds(60))
        #expect(queue[first]?.state == .completed(at: .seconds(1), .cancelled))
        #expect(queue[second]?.state == .completed(at: .seconds(6), .planned))
    }

    @Test("a job that misses its start deadline is over; one that has started is not")
    func startDeadline() {
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 100)
        let order = { (id: String) in Order.make(id: id, run: .time(.seconds(5)), startDeadline: .seconds(2)) }
        let first = queue.submit(order("1"), at: .start).ticket
        let second = queue.submit(order("2"), at: .start).ticket
        _ = queue.advance(to: .seconds(10))
        #expect(queue[first]?.state == .completed(at: .seconds(5), .planned))
        #expect(queue[second]?.state == .completed(at: .seconds(2), .timedOut))
    }

    @Test("planned in polls, a job moves on when it is looked at")
    func polls() {
        var queue = SimulatedQueue(runnersPerAccount: nil, retention: 100)
        let ticket = queue.submit(.make(queue: .polls(1), run: .polls(1)), at: .start).ticket
        var states: [SimulatedJob.State?] = []
        for second in 1...4 {
            _ = queue.look(at: ticket, at: .seconds(Double(second)))
            states.append(queue[ticket]?.state)
        }
        let end = SimulatedJob.State.completed(at: .seconds(3), .planned)
        #expect(states == [.queued(since: .start), .running(since: .seconds(2)), end, end])
    }

    @Test("only the jobs that ended last are kept, and none that is not over is forgotten")
    func retention() {
        var queue = SimulatedQueue(runnersPerAccount: nil, retention: 10)
        let held = queue.submit(.make(id: "held", run: .held), at: .start).ticket
        for number in 0..<5000 { _ = queue.submit(.make(id: "\(number)"), at: .start) }
        #expect(queue.count == 11)
        #expect(queue.ticket(for: "4989") == nil)
        #expect(queue.ticket(for: "4990") != nil)
        #expect(queue[held]?.isOver == false)
    }

    @Test("a ticket of a forgotten job finds nothing, though its place is taken")
    func forgottenTickets() {
        var queue = SimulatedQueue(runnersPerAccount: nil, retention: 1)
        let first = queue.submit(.make(id: "first"), at: .start).ticket
        _ = queue.submit(.make(id: "second"), at: .start)
        let third = queue.submit(.make(id: "third", run: .held), at: .start).ticket
        #expect(third.slot == first.slot)
        #expect(queue[first] == nil)
        #expect(queue.cancel(first, at: .start).answer == .notFound)
        #expect(queue[third]?.isOver == false)
    }

    @Test("an alarm set for a state that was left early is void")
    func voidAlarms() {
        var behaviour = Behaviour()
        behaviour.requeues = 1
        var queue = SimulatedQueue(runnersPerAccount: nil, retention: 1)
        let order = Order.make(queue: .time(.seconds(10)), run: .time(.seconds(5)), behaviour: behaviour)
        let ticket = queue.submit(order, at: .start).ticket
        _ = queue.release(ticket, at: .seconds(1))
        _ = queue.advance(to: .seconds(15))
        #expect(queue[ticket]?.state == .queued(since: .seconds(6)))
        _ = queue.advance(to: .seconds(16))
        #expect(queue[ticket]?.state == .running(since: .seconds(16)))
    }

    @Test("an id used twice means the later job, also after the earlier is forgotten")
    func duplicateIDs() {
        var queue = SimulatedQueue(runnersPerAccount: nil, retention: 1)
        _ = queue.submit(.make(id: "same"), at: .start)
        let later = queue.submit(.make(id: "same", run: .held), at: .start).ticket
        _ = queue.submit(.make(id: "other"), at: .start)
        #expect(queue.ticket(for: "same") == later)
    }

    @Test("a raised limit lets those who wait start")
    func raisedLimit() {
        var queue = SimulatedQueue(runnersPerAccount: 1, retention: 10)
        let tickets = (0..<3).map { queue.submit(.make(id: "\($0)", run: .held), at: .start).ticket }
        let changes = queue.setLimit(2, for: 0, at: .seconds(1))
        #expect(changes.jobs == [tickets[1]])
        #expect(queue[tickets[1]]?.state == .running(since: .seconds(1)))
    }

    @Test("alarms ring in the order of their instants, equal ones in the order they were set")
    func alarms() {
        var alarms = Alarms()
        let instants = [5, 3, 9, 3, 1, 7, 3].map(Double.init)
        for (number, instant) in instants.enumerated() {
            alarms.set(.init(at: .seconds(instant), ticket: Ticket(number: number, slot: 0), stamp: 0, event: .cancel))
        }
        var rung: [Int] = []
        while let alarm = alarms.next(until: .seconds(6)) { rung.append(alarm.ticket.number) }
        #expect(rung == [4, 1, 3, 6, 0])
        #expect(alarms.earliest == .seconds(7))
    }
}
