/// What can happen to a job, as far as its journal is concerned.
package enum JobEvent: String, Sendable, CaseIterable {
    /// fal took it and gave a receipt; also when the receipt of a job thought lost turns up.
    case submitted
    /// It was sent and no answer came.
    case answerLost
    /// It was never sent, or fal did not take it.
    case refused
    /// fal is through with it: it has delivered, failed it, or taken it out of its queue.
    case ended
    /// The request is answered without the job: its time is up, or its caller has hung up.
    case givenUp
    /// The process that ran it has ended; the next one finds it.
    case processEnded
    /// A person looked at fal's bill and said what it cost.
    case operatorDecided
}

extension JobState {
    /// The state after `event`; nil when it cannot happen in this state. The only place where the
    /// life of a job is written down: the statements that change the journal are made from it.
    ///
    /// `reserved` means that the journal has no receipt, not that the process has none: it goes on
    /// with a job whose receipt could not be written. So such a job can be delivered; but when
    /// nobody waits for it any more it is `unknown`, because without a receipt nobody can follow it
    /// after a crash. To keep the receipt, hand it over with the settlement (see `JobSettlement`).
    package func after(_ event: JobEvent) -> JobState? {
        switch (self, event) {
        case (.settled, _): nil

        case (.reserved, .submitted), (.unknown, .submitted): .submitted
        case (.submitted, .submitted), (.abandoned, .submitted): nil

        case (.reserved, .answerLost), (.unknown, .answerLost): .unknown
        // Its receipt has come by another way than the answer: fal's webhook named it.
        case (.submitted, .answerLost), (.abandoned, .answerLost): self

        case (.reserved, .refused), (.unknown, .refused): .settled
        // fal has taken it: it cannot say no any more, only fail it.
        case (.submitted, .refused), (.abandoned, .refused): nil

        case (_, .ended): .settled

        case (.submitted, .givenUp): .abandoned
        case (.reserved, .givenUp): .unknown
        case (_, .givenUp): self

        case (.reserved, .processEnded): .unknown
        case (_, .processEnded): self

        // Jobs that somebody still follows are fal's to decide.
        case (.unknown, .operatorDecided), (.abandoned, .operatorDecided): .settled
        case (_, .operatorDecided): nil
        }
    }
}
