import Fal
import Reactor
import Testing

@testable import Gateway

/// Seconds on a clock that only tests turn.
private func at(_ seconds: Double) -> Deadline {
    Deadline(nanoseconds: UInt64((1_000 + seconds) * 1e9))
}

@Suite("Deployment health") struct DeploymentHealthTests {
    private let health = DeploymentHealth()

    @Test("allowed_fails failures within a minute are borne, one more trips", arguments: [0, 1, 3])
    func trips(allowed: Int) {
        let rule = CooldownRule(allowedFails: allowed)
        for failure in 0..<allowed {
            #expect(!health.failed(at: at(Double(failure)), rule: rule))
            #expect(health.snapshot(at: at(Double(failure))).cooledUntil == nil)
        }
        #expect(health.failed(at: at(10), rule: rule))
        #expect(health.snapshot(at: at(10)).cooledUntil == at(15))
        #expect(health.snapshot(at: at(14.999)).cooledUntil == at(15))
        #expect(health.snapshot(at: at(15)).cooledUntil == nil)
    }

    @Test("failures more than a minute apart do not add up")
    func window() {
        let rule = CooldownRule(allowedFails: 1)
        #expect(!health.failed(at: at(0), rule: rule))
        #expect(!health.failed(at: at(60), rule: rule))
        #expect(health.failed(at: at(119.9), rule: rule))
    }

    @Test("after a cooldown failures are counted afresh")
    func afresh() {
        let rule = CooldownRule(allowedFails: 1)
        #expect(!health.failed(at: at(0), rule: rule))
        #expect(health.failed(at: at(1), rule: rule))
        #expect(!health.failed(at: at(7), rule: rule))
    }

    @Test("disable_cooldowns disables them")
    func disabled() {
        #expect(!health.failed(at: at(0), rule: CooldownRule(allowedFails: 0, isOff: true)))
        #expect(health.snapshot(at: at(0)).cooledUntil == nil)
    }

    @Test("a request is in flight for as long as its visit lives")
    func inFlight() {
        var first = health.enter(at: at(0))
        let second = health.enter(at: at(0))
        #expect(health.snapshot(at: at(0)).inFlight == 2)
        first = nil
        _ = first
        #expect(health.snapshot(at: at(0)).inFlight == 1)
        withExtendedLifetime(second) {}
    }

    @Test("the average leans towards the newest job, and is forgotten after an hour")
    func latency() {
        #expect(health.snapshot(at: at(0)).latency == nil)
        health.finished(after: .seconds(2), at: at(0))
        #expect(health.snapshot(at: at(0)).latency == .seconds(2))
        health.finished(after: .seconds(6), at: at(1))
        #expect(health.snapshot(at: at(1)).latency == .seconds(3))
        #expect(health.snapshot(at: at(3_600)).latency == .seconds(3))
        #expect(health.snapshot(at: at(3_601)).latency == nil)
        health.finished(after: .seconds(8), at: at(4_000))
        #expect(health.snapshot(at: at(4_000)).latency == .seconds(8))
    }

    @Test("an rpm admits as many requests a minute, whatever becomes of them")
    func rpm() {
        #expect(health.enter(at: at(0), limit: 2) != nil)
        #expect(health.enter(at: at(30), limit: 2) != nil)
        #expect(health.enter(at: at(59), limit: 2) == nil)
        #expect(health.snapshot(at: at(59), limit: 2).fullUntil == at(60))
        #expect(health.snapshot(at: at(59)).fullUntil == nil)
        #expect(health.enter(at: at(60), limit: 2) != nil)
        #expect(health.snapshot(at: at(60), limit: 2).inFlight == 0)
    }

    @Test("counting in and the limit are one step: a thousand at once never exceed it")
    func atOnce() async {
        let visits = await withTaskGroup(of: DeploymentHealth.Visit?.self) { group in
            for _ in 0..<1_000 { group.addTask { health.enter(at: at(0), limit: 100) } }
            var visits: [DeploymentHealth.Visit] = []
            for await visit in group { if let visit { visits.append(visit) } }
            return visits
        }
        #expect(visits.count == 100)
        #expect(health.snapshot(at: at(0)).inFlight == 100)
    }
}

@Suite("Key health") struct KeyHealthTests {
    private let key = KeyHealth()

    @Test("a key rests as long as it was told to, and a longer rest stays")
    func rests() {
        #expect(key.cooldown(at: at(0)) == nil)
        #expect(key.cool(for: .refused, .seconds(600), at: at(0)))
        #expect(!key.cool(for: .busy, .seconds(5), at: at(1)))
        #expect(key.cooldown(at: at(599)) == KeyHealth.Cooldown(trouble: .refused, until: at(600)))
        #expect(key.cooldown(at: at(600)) == nil)
        #expect(key.cool(for: .busy, .seconds(5), at: at(601)))
        #expect(key.cooldown(at: at(601))?.trouble == .busy)
    }

    @Test("a key that fal accepts again is usable at once")
    func accepted() {
        #expect(key.accepted() == nil)
        _ = key.cool(for: .exhausted, .seconds(120), at: at(0))
        #expect(key.accepted() == .exhausted)
        #expect(key.cooldown(at: at(1)) == nil)
    }

    @Test("its name is eight digits of a hash, the same for the same key")
    func tag() {
        let tag = KeyTag(of: Secret("id:secret"))
        #expect(tag == KeyTag(of: Secret("id:secret")))
        #expect(tag != KeyTag(of: Secret("id:other")))
        #expect(tag.description.utf8.count == 8)
        #expect(!"id:secret".contains(tag.description))
    }
}

@Suite("Blame") struct BlameTests {
    @Test("each kind of failure counts where it belongs", arguments: FailureKind.allCases)
    func table(kind: FailureKind) {
        let expected: Blame =
            switch kind {
            case .invalidParameter, .unusableInput, .refusedContent, .nothingGenerated, .badRequest, .interrupted: .caller
            case .endpointNotFound, .cancelled: .nobody
            case .keyRefused: .key(.refused)
            case .balanceExhausted: .key(.exhausted)
            case .accessDenied: .access(.denied)
            case .rateLimited: .access(.busy)
            case .modelFailed, .unavailable, .timedOut, .jobNotFound, .unintelligible, .unreachable, .submitOutcomeUnknown,
                .connectionLost, .deadlineExceeded:
                .deployment
            }
        #expect(Blame(kind) == expected)
    }
    @Test("what our own deadline kept from being sent is nobody's fault, and may be sent again")
    func tooLate() {
        let failure = FalFailure(.deadlineExceeded, message: "", acceptance: .notAccepted, resubmission: .safe)
        #expect(Blame(failure) == .nobody)
        let error = GatewayError(failure)
        #expect(error.kind == .falUnreachable && error.kind.shouldRetry)
        #expect(Blame(FalFailure(.deadlineExceeded, message: "", acceptance: .accepted)) == .deployment)
    }
}
