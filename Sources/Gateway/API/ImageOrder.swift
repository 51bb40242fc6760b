import Fal
import Ledger
import OpenAI

/// An image request that has been read and decided: what goes to fal, where, and what the answer
/// looks like.
///
/// An object, because it is handed through many async calls and all of them wait at once.
final class ImageOrder: Sendable {
    /// The configuration that the request began with; it has it to its end.
    let setup: Setup
    private let wish: ImageWish
    var wanted: ImageRequest { wish.wanted }
    var model: String { wish.model }
    let deployment: Deployment
    /// How the deployment was come by, and where else the request may go.
    var way: Itinerary { wish.way }
    let plan: Plan
    /// Numbers the jobs of the request, over all orders that it becomes.
    let ordinals: JobOrdinals
    /// The number of the plan's first call.
    let firstOrdinal: Int
    let delivery: ImageDelivery
    /// SHA-256 of what was asked.
    let fingerprint: [UInt8]
    /// How long the answer is kept; zero when it is not.
    let resultLifetime: Duration
    var isKept: Bool { resultLifetime > .zero }
    /// The caller wants to know what would be sent, and nothing sent.
    let isDryRun: Bool

    /// Images that fal's safety checker flagged are not handed over.
    var withholdsUnsafeImages: Bool { deployment.configured.policies.unsafeImages == .error }

    /// - Throws: `.invalidRequest`, `.unsupportedParameter`, `.unpricedModel`.
    init(
        _ wish: ImageWish, on deployment: Deployment, isDryRun: Bool, setup: Setup, ordinals: JobOrdinals = JobOrdinals()
    ) throws(GatewayError) {
        self.setup = setup
        self.ordinals = ordinals
        self.wish = wish
        self.deployment = deployment
        self.isDryRun = isDryRun
        // One copy for all that is asked of it.
        let wanted = wish.wanted
        delivery = wanted.delivery(on: deployment)
        var parameters = wanted.parameters(for: deployment)
        fingerprint = wanted.fingerprint
        resultLifetime = setup.configuration.resultLifetime
        // An image that comes with the result is nowhere else: it can be given once, to whom waits
        // for it. One that is to be fetched again, after a hang-up or a crash, stays where fal puts it.
        if resultLifetime == .zero { parameters.delivery = delivery == .base64 ? .inline : .either }
        plan = try Plan.make(
            parameters, unsupported: wanted.unsupportedParameters(on: deployment), on: deployment,
            configuration: setup.configuration)
        firstOrdinal = ordinals.take(plan.calls.count)
    }

    /// The jobs that the plan's calls are.
    func jobs(of request: RequestID) -> [(id: JobID, call: FalCall)] {
        plan.calls.enumerated().map { (JobID(requestID: request.text, ordinal: firstOrdinal + $0.offset), $0.element) }
    }
}
