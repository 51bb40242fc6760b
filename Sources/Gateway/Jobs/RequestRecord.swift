import Fal
import HTTP
import Ledger
import Money
import OpenAI
import Reactor

/// What is known of an image request while it runs. It ends as one row of the spend log.
///
/// An object, because it is large, and all that is done for the request has to do with it.
final class RequestRecord: @unchecked Sendable {
    // @unchecked: changed on the loop of its request alone, and by nobody any more once that has its `RequestEnd`,
    // with which other loops get it.

    let id: RequestID
    let arrived: Deadline
    let startedAt: Timestamp
    let route: String
    let caller: Caller
    /// The model as the caller named it.
    var model: String?
    var endUser: String?
    var tags: [String] = []
    var imagesAsked: Int?
    var deployment: Deployment?
    var plan: Plan?
    /// Attempts after the first, with the one that served or failed last.
    var retries = 0
    /// Models tried after the one asked for.
    var fallbacks = 0
    var outcomes: [CallOutcome] = []
    /// Why images that fal made are not handed over as asked.
    var losses: [GatewayError] = []
    /// Why nobody waited for the end.
    var leftWith: GatewayError?
    /// When the caller's own patience ends: `x-litellm-timeout`. The jobs have the deployment's.
    var waitsUntil: Deadline?
    /// How long images were fetched.
    var fetched: Duration = .zero

    /// LiteLLM's word for what was called.
    let callType: String
    /// What the client calls the request: `x-litellm-call-id`, which LiteLLM gives back.
    let callID: String?

    init(_ head: RequestHead, kind: ImageRequest.Kind, caller: Caller) {
        callType =
            switch kind {
            case .generation: "aimage_generation"
            case .edit: "aimage_edit"
            case .variation: "aimage_variation"
            }
        callID = RequestRecord.callID(in: head)
        arrived = head.arrived
        startedAt = .now
        id = .make(at: startedAt)
        route = head.path
        self.caller = caller
    }

    static func callID(in head: RequestHead) -> String? {
        head.fields.first("x-litellm-call-id").flatMap { $0.isLabel ? $0 : nil }
    }

    /// A request of an earlier process. Only what concerns its jobs is known of it here.
    init(recovering row: RequestRow) {
        callType = row.callType
        callID = nil
        id = RequestID(text: row.id)
        arrived = .now
        startedAt = row.startedAt
        route = row.route
        caller = Caller(keyHash: nil)
        model = row.alias
    }

    /// The sum of what all calls cost. Prices are the operator's to set, so a sum beyond the range
    /// stays at its end instead of stopping the process.
    var cost: Nanodollars { RequestRecord.cost(of: outcomes) }

    static func cost(of outcomes: [CallOutcome]) -> Nanodollars {
        outcomes.reduce(.zero) { $0.adding($1.cost) ?? Nanodollars(rawValue: .max) }
    }

    /// How the sum is known: as well as its weakest part.
    var basis: CostBasis { RequestRecord.basis(of: outcomes) }

    static func basis(of outcomes: [CallOutcome]) -> CostBasis {
        outcomes.reduce(.free) { $0.combined(with: $1.basis) }
    }

    /// Nothing was billed for it, as far as fal has said.
    var isFree: Bool { cost == .zero && basis != .unpriced }

    var images: [FalOutput.Image] { outcomes.flatMap(\.images) }

    static func imageCount(of outcomes: [CallOutcome]) -> Int { outcomes.reduce(0) { $0 + $1.images.count } }

    /// Why there is no image at all.
    var firstFailure: GatewayError {
        (outcomes.filter { !$0.isSuperseded }.compactMap(\.error) + losses).first ?? GatewayError(.noImages, "fal made no image.")
    }

    /// When the deployment's patience with this request ends.
    func deadline(of deployment: Deployment) -> Deadline {
        arrived.advanced(by: deployment.configured.timeout)
    }

    /// From the first byte of the request to now.
    var total: Duration {
        .nanoseconds(Deadline.now.nanoseconds(since: arrived))
    }

    /// What the gateway added: all the time in which it did not wait for fal. Calls run side by
    /// side, so the one that took longest counts.
    func overhead(of total: Duration, _ outcomes: [CallOutcome]) -> Duration {
        let waited = outcomes.map(\.waited).max() ?? .zero
        return max(.zero, total - waited - fetched)
    }

    /// What must be on disk before a job is sent.
    func journalEntry(_ plan: Plan, model: String) -> RequestRow {
        var row = RequestRow(
            id: id.text, startedAt: startedAt, callType: callType, route: route,
            keyHash: caller.keyHash?.description, alias: model, imagesAsked: plan.imageCount)
        row.endUser = endUser
        row.tags = tags
        return row
    }

    /// The row of the spend log.
    ///
    /// - Parameter error: why the caller gets no image; `nil` for a success.
    func spendRow(_ error: GatewayError?) -> SpendRow {
        let total = total
        var row = SpendRow(
            requestID: id.text, startedAt: startedAt, callType: callType, route: route,
            status: error == nil ? .success : .failure, httpStatus: leftWith?.status ?? error?.status ?? 200,
            durations: SpendRow.Durations(
                total: total, queued: outcomes.compactMap(\.queued).max(),
                inProgress: outcomes.compactMap(\.inProgress).max(), overhead: overhead(of: total, outcomes)))
        row.keyHash = caller.keyHash?.description
        row.alias = model
        row.endpoint = deployment?.endpoint.id
        row.deploymentID = deployment?.id
        row.falRequestIDs = outcomes.compactMap { $0.receipt?.requestID }
        row.imagesAsked = plan?.imageCount ?? imagesAsked
        let images = images
        row.images = images.count
        row.sizes = images.compactMap { $0.size?.description }
        row.cost = cost
        row.basis = basis
        row.errorCode = error?.kind.rawValue
        row.endUser = endUser
        row.tags = tags
        return row
    }
}

extension String {
    /// Short and printable: given back in a header as it is.
    fileprivate var isLabel: Bool { (1...128).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7E).contains($0) } }
}
