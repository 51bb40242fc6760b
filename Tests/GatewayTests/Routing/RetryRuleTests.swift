import Fal
import Money
import Testing

@testable import Gateway

@Suite("What follows a failed job") struct RetryRuleTests {
    private static let acceptances: [Acceptance] = [.notAccepted, .unknown, .accepted]
    /// Everything that could be tried is there.
    private static let rich = RetryRule.Standing(retriesLeft: 2, hasElsewhere: true, hasFallback: true)

    private func failure(
        _ kind: FailureKind, _ acceptance: Acceptance, _ resubmission: Resubmission = .never, named: Bool = true
    ) -> FalFailure {
        FalFailure(
            kind, type: named ? "runner_server_error" : nil, message: "", acceptance: acceptance, resubmission: resubmission)
    }

    /// Kinds after which no attempt makes sense, whatever fal has or has not accepted.
    private static let final: Set<FailureKind> = [
        .invalidParameter, .unusableInput, .refusedContent, .nothingGenerated, .badRequest, .cancelled, .deadlineExceeded,
        .interrupted,
    ]
    /// Kinds of which fal says, for a job it has taken, that they are not billed.
    private static let unbilled: Set<FailureKind> = [.modelFailed, .unavailable, .timedOut]

    @Test("nothing that can have cost money is sent again", arguments: FailureKind.allCases, acceptances)
    func table(kind: FailureKind, acceptance: Acceptance) {
        for resubmission in [Resubmission.safe, .once, .never] {
            let step = RetryRule().next(after: failure(kind, acceptance, resubmission), RetryRuleTests.rich)
            let isAllowed =
                switch acceptance {
                case .notAccepted: !RetryRuleTests.final.contains(kind)
                case .unknown: false
                case .accepted: RetryRuleTests.unbilled.contains(kind) && resubmission == .once
                }
            #expect(step == (isAllowed ? .elsewhere(after: .zero) : .giveUp), "\(kind) \(acceptance) \(resubmission)")
        }
    }

    @Test("with retry_paid_failures only what is the caller's or over is final", arguments: FailureKind.allCases, acceptances)
    func paid(kind: FailureKind, acceptance: Acceptance) {
        let step = RetryRule(retriesPaidFailures: true).next(after: failure(kind, acceptance), RetryRuleTests.rich)
        #expect(step == (RetryRuleTests.final.contains(kind) ? .giveUp : .elsewhere(after: .zero)))
    }

    @Test("a 5xx after acceptance without fal's own word may hide a paid image")
    func frontDoor() {
        let step = RetryRule().next(after: failure(.modelFailed, .accepted, .once, named: false), RetryRuleTests.rich)
        #expect(step == .giveUp)
    }

    @Test("a job that fal has billed is not sent again")
    func billed() {
        var failure = failure(.modelFailed, .accepted, .once)
        failure.billableUnits = DecimalQuantity(1)
        #expect(RetryRule().next(after: failure, RetryRuleTests.rich) == .giveUp)
        failure.billableUnits = DecimalQuantity(0)
        #expect(RetryRule().next(after: failure, RetryRuleTests.rich) == .elsewhere(after: .zero))
    }

    @Test("a job that fal has taken and failed is sent once more at most")
    func once() {
        var standing = RetryRuleTests.rich
        standing.failedJobs = 1
        #expect(RetryRule().next(after: failure(.modelFailed, .accepted, .once), standing) == .giveUp)
        #expect(RetryRule().next(after: failure(.unavailable, .notAccepted, .safe), standing) == .elsewhere(after: .zero))
    }

    @Test("the same place is tried again only where that can help, after pauses that double")
    func again() {
        var standing = RetryRule.Standing(retriesLeft: 1, hasFallback: true)
        let busy = failure(.rateLimited, .notAccepted, .safe)
        #expect(RetryRule().next(after: busy, standing) == .again(after: .milliseconds(250)))
        standing.attemptsHere = 3
        #expect(RetryRule().next(after: busy, standing) == .again(after: .seconds(1)))
        standing.attemptsHere = 400
        #expect(RetryRule().next(after: busy, standing) == .again(after: .seconds(8)))
        #expect(RetryRule(retryAfter: .seconds(9)).next(after: busy, standing) == .again(after: .seconds(9)))
        #expect(RetryRule().next(after: failure(.endpointNotFound, .notAccepted), standing) == .fallback)
    }

    @Test("when num_retries are used up, the fallback is next, and then nothing")
    func usedUp() {
        let busy = failure(.unavailable, .notAccepted, .safe)
        #expect(RetryRule().next(after: busy, .init(hasElsewhere: true, hasFallback: true)) == .fallback)
        #expect(RetryRule().next(after: busy, .init(hasElsewhere: true)) == .giveUp)
        #expect(RetryRule().next(after: busy, .init(retriesLeft: 1)) == .again(after: .milliseconds(250)))
    }

    @Test("a key that fal refuses is passed over without a retry and without a pause", arguments: [
        FailureKind.keyRefused, .accessDenied, .balanceExhausted,
    ])
    func passedOver(kind: FailureKind) {
        let rule = RetryRule(retryAfter: .seconds(3))
        #expect(rule.next(after: failure(kind, .notAccepted), .init(hasElsewhere: true)) == .elsewhere(after: .zero))
        #expect(rule.next(after: failure(kind, .notAccepted), .init(retriesLeft: 5)) == .giveUp)
    }

    @Test("retry_after holds before another deployment, too")
    func retryAfter() {
        let step = RetryRule(retryAfter: .seconds(3)).next(after: failure(.unavailable, .notAccepted, .safe), RetryRuleTests.rich)
        #expect(step == .elsewhere(after: .seconds(3)))
    }
}
