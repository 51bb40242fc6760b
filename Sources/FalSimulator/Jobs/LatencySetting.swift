/// How long jobs take when no plan says otherwise.
package enum LatencySetting: Sendable, Equatable {
    /// Done as soon as it is submitted; for throughput.
    case instant
    /// Every job alike.
    case fixed(queue: Duration, run: Duration)
    /// As fal's users see: under a second in the queue, then what the model usually takes,
    /// from one second for flux/schnell to twenty for kontext/max.
    case realistic

    var queue: ClosedRange<Duration> {
        switch self {
        case .instant: .zero ... .zero
        case .fixed(let queue, _): queue...queue
        case .realistic: .milliseconds(50) ... .milliseconds(800)
        }
    }

    func run(of model: EndpointModel) -> ClosedRange<Duration> {
        switch self {
        case .instant: .zero ... .zero
        case .fixed(_, let run): run...run
        case .realistic: .seconds(model.seconds.lowerBound) ... .seconds(model.seconds.upperBound)
        }
    }
}
