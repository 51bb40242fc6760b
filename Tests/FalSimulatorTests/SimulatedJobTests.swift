import Testing

@testable import FalSimulator

@Suite("A simulated job") struct SimulatedJobTests {
    /// Every way to every state, and what each event makes of it.
    enum Stage: CaseIterable { case queued, ready, running, completed, removed }

    @Test("every event in every state leads where fal leads, or is refused and changes nothing")
    func enumeration() {
        for stage in Stage.allCases {
            for event in SimulatedJob.Event.allCases {
                var job = job(at: stage)
                let before = job.state
                let result = Result { try job.apply(event, at: .seconds(9)) }
                if let expected = expectation(stage, event, before) {
                    #expect(throws: Never.self, "\(stage) \(event)") { try result.get() }
                    #expect(job.state == expected, "\(stage) \(event)")
                } else {
                    #expect(throws: SimulatedJob.IllegalTransition(state: before, event: event)) { try result.get() }
                    #expect(job.state == before)
                }
            }
        }
    }

    private func expectation(
        _ stage: Stage, _ event: SimulatedJob.Event, _ before: SimulatedJob.State
    ) -> SimulatedJob.State? {
        switch (stage, event) {
        case (.queued, .queueTimeIsOver): .ready
        case (.ready, .runnerIsFree): .running(since: .seconds(9))
        case (.running, .runTimeIsOver): .completed(at: .seconds(9), .planned)
        case (.queued, .cancel), (.ready, .cancel): .removed(at: .seconds(9))
        case (.queued, .startDeadlinePasses), (.ready, .startDeadlinePasses): .completed(at: .seconds(9), .timedOut)
        case (_, .cancel), (_, .startDeadlinePasses): before
        default: nil
        }
    }

    private func job(at stage: Stage, _ behaviour: Behaviour = Behaviour()) -> SimulatedJob {
        var job = SimulatedJob(.make(behaviour: behaviour), submitted: .start)
        let steps: [SimulatedJob.Event] =
            switch stage {
            case .queued: []
            case .ready: [.queueTimeIsOver]
            case .running: [.queueTimeIsOver, .runnerIsFree]
            case .completed: [.queueTimeIsOver, .runnerIsFree, .runTimeIsOver]
            case .removed: [.cancel]
            }
        for step in steps { try! job.apply(step, at: .seconds(1)) }
        return job
    }

    @Test("a cancelled job can stay visible as COMPLETED, and a running one can be stopped")
    func otherCancellations() throws {
        var behaviour = Behaviour()
        behaviour.cancellation = CancellationPlan(queued: .completed, running: .stops)
        for stage in [Stage.queued, .ready, .running] {
            var job = job(at: stage, behaviour)
            try job.apply(.cancel, at: .seconds(2))
            #expect(job.state == .completed(at: .seconds(2), .cancelled))
            #expect(job.cancellationRequested == .seconds(2))
        }
    }

    @Test("a job can go back to the queue as often as planned, and then ends")
    func requeues() throws {
        var behaviour = Behaviour()
        behaviour.requeues = 2
        var job = job(at: .running, behaviour)
        for round in 1...2 {
            try job.apply(.runTimeIsOver, at: .seconds(Double(round)))
            #expect(job.state == .queued(since: .seconds(Double(round))))
            try job.apply(.queueTimeIsOver, at: .seconds(5))
            try job.apply(.runnerIsFree, at: .seconds(5))
        }
        try job.apply(.runTimeIsOver, at: .seconds(6))
        #expect(job.state == .completed(at: .seconds(6), .planned))
    }

    @Test("planned in polls, it shows a state exactly so often")
    func polls() throws {
        var job = SimulatedJob(.make(queue: .polls(2), run: .polls(1)), submitted: .start)
        #expect(job.scriptedPosition(at: .start) == 2)
        #expect(job.look() == nil)
        #expect(job.scriptedPosition(at: .start) == 1)
        #expect(job.look() == nil)
        #expect(job.look() == .queueTimeIsOver)
        try job.apply(.queueTimeIsOver, at: .start)
        #expect(job.look() == nil)
        try job.apply(.runnerIsFree, at: .start)
        #expect(job.look() == nil)
        #expect(job.look() == .runTimeIsOver)
    }

    @Test("the position counts down over the queue time, and never says zero too early")
    func position() {
        var behaviour = Behaviour()
        behaviour.position = 4
        let job = SimulatedJob(.make(queue: .time(.seconds(8)), behaviour: behaviour), submitted: .seconds(10))
        let positions = [10, 11, 12, 12.5, 14, 17.9, 18, 30].map { job.scriptedPosition(at: .seconds($0)) }
        #expect(positions == [4, 4, 3, 3, 2, 1, 0, 0])
    }
}
