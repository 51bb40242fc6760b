import JSON

/// How the simulator treats one request: everything that a test can script.
///
/// The default behaves as fal's documentation says and the clients' captures show.
struct Behaviour: Sendable {
    var queue = StayPlan.usual
    var run = StayPlan.usual
    /// How many are said to be before it when it is taken in; counts down over the queue time.
    var position = 0
    /// How often it goes from IN_PROGRESS back to IN_QUEUE, as when fal tries another runner.
    var requeues = 0
    var outcome = PlannedOutcome.delivery
    var output = OutputPlan()
    var billing = BillingPlan()
    var cancellation = CancellationPlan()
    var identity = IdentityPlan.uuid7
    var addresses = AddressPlan.short
    var application = ApplicationPlan.known
    var validation = ValidationPlan.byModel
    var webhook = WebhookPlan()
    var faults: [Fault] = []

    /// The faults planned for the `visit`-th request to `route`; the first that applies wins.
    func fault(on route: Fault.Route, visit: Int) -> Fault? {
        faults.first { $0.route == route && $0.applies(to: visit) }
    }
}

/// How long a job stays in a state, before dice are thrown.
enum StayPlan: Sendable, Equatable {
    /// As long as the simulator's latency setting says for the model.
    case usual
    /// Evenly distributed.
    case time(ClosedRange<Duration>)
    case polls(Int)
    case held
}

enum PlannedOutcome: Sendable, Equatable {
    case delivery
    /// A black picture with `has_nsfw_concepts: [true]`, as the safety checker leaves it.
    case black
    case failure(Failure)
}

/// What differs from the model's usual output.
struct OutputPlan: Sendable, Equatable {
    enum SyncMode: Sendable { case honoured, ignored, forced }

    /// Another number of pictures than asked for.
    var images: Int?
    var width: Int?
    var height: Int?
    var format: ImageFormat?
    /// Bytes added to every file.
    var padding = 0
    var syncMode = SyncMode.honoured
    /// A lie about the type, in the result and by the CDN.
    var contentType: String?
    /// Where the pictures are said to be, instead of the host the caller used: `http://cdn.test:80`.
    var imageOrigin: String?
    /// Members put over those of the result, and names taken away.
    var merge = JSONObject()
    var remove: [String] = []
}

struct BillingPlan: Sendable, Equatable {
    enum Header: Sendable, Equatable { case asBilled, missing, value(String) }

    /// Instead of what the model's price rule counts.
    var units: Units?
    var header = Header.asBilled
}

struct CancellationPlan: Sendable, Equatable {
    enum Queued: Sendable { case removed, completed }
    enum Running: Sendable { case goesOn, stops }
    enum Answer: Sendable { case accepted, ok, success }

    /// What the status says of a job cancelled in the queue: 404, or COMPLETED with an error.
    var queued = Queued.removed
    /// fal warns that a running job may still complete, and be billed.
    var running = Running.goesOn
    var answer = Answer.accepted
}

enum IdentityPlan: Sendable, Equatable {
    case uuid7, uuid4, long, unusual
    /// The id of the job before it.
    case duplicate
    case exactly(String)
}

/// The form of the addresses that a submit answers with.
enum AddressPlan: Sendable, Equatable {
    /// `owner/app`, without the rest of the endpoint id: as captured.
    case short
    /// The whole endpoint id: as in fal's documentation.
    case full
    /// The short form with `/response` at the end of the result's address.
    case response
    /// Without scheme and host.
    case relative
    /// Not told at all, or told as null.
    case missing, null
    /// On another host: a key must never be sent there.
    case foreign(origin: String)
}

enum ApplicationPlan: Sendable {
    case known
    /// 404, `Application "x" not found`.
    case missing
    /// 404, `Path /x not found`.
    case withoutPath
    /// 403 whoever asks.
    case `private`
}

enum ValidationPlan: Sendable { case byModel, off }
