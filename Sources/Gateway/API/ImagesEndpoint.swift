import Fal
import HTTP
import JSON
import Ledger
import Money
import OpenAI
import Reactor

extension Worker {
    /// `POST /v1/images/generations`, `/edits` and `/variations`.
    ///
    /// Whatever becomes of the request, its row is in the spend log before the answer is complete;
    /// a dry run has none, for it costs nothing and asks nobody.
    ///
    /// - Parameter model: named by the path or the query; it beats the body's.
    func images(
        _ request: consuming Request, kind: ImageRequest.Kind, caller: Caller, model: String?, _ dialect: AsyncDialect?,
        _ setup: Setup
    ) async -> Reply {
        preconditionOnLoop()
        let arrival = Arrival(request.head, kind: kind, caller: caller, model: model, dialect, setup)
        do throws(GatewayError) {
            // The body is gone when this has been read.
            let wish = try read(consume request, arrival)
            return try await begin(wish, arrival)
        } catch {
            return await refused(error, arrival)
        }
    }

    private func begin(_ wish: ImageWish, _ arrival: Arrival) async throws(GatewayError) -> Reply {
        let deployment = await learned(wish.way.deployment.serving(arrival.kind), arrival.setup)
        let order = try order(wish, on: deployment, arrival)
        guard let repetition = arrival.repetition else { return dryRun(order, arrival) }
        if order.isKept, repetition.isPossible, let answer = try await repeated(order, arrival) { return answer }
        let places = try places(for: order)
        let running = RunningRequest(order, arrival)
        if let answer = try await open(order, arrival, as: running) { return answer }
        return start(order, arrival, running, places)
    }

    /// Reads the request and decides where it goes first. Nothing is sent, nothing is reserved.
    @inline(never)
    private func read(_ request: consuming Request, _ arrival: Arrival) throws(GatewayError) -> ImageWish {
        let setup = arrival.setup
        let body = try ImageBody(request, kind: arrival.kind, limits: setup.inputLimits)
        arrival.record.note(model: arrival.model ?? body.fields["model"]?.stringValue)
        let wanted = try body.request(
            kind: arrival.kind, model: arrival.model, maximumImages: setup.configuration.maximumImagesPerRequest)
        arrival.record.note(wanted, arrival.head)
        arrival.record.waitsUntil = try arrival.head.callersDeadline
        let model = try wanted.requiredModel
        return ImageWish(wanted, model: model, along: try setup.routing.begin(for: model))
    }

    /// Decides what the request becomes on a deployment, and how its answer comes.
    @inline(never)
    private func order(_ wish: ImageWish, on deployment: Deployment, _ arrival: Arrival) throws(GatewayError) -> ImageOrder {
        arrival.record.deployment = deployment
        arrival.record.fallbacks = wish.way.fallbacks
        let order = try ImageOrder(wish, on: deployment, isDryRun: arrival.head.asksForDryRun, setup: arrival.setup)
        arrival.record.plan = order.plan
        arrival.order = order
        let fields = wish.wanted.gatewayFields
        arrival.asynchronous = arrival.asynchronous ?? AsyncDialect(asking: arrival.head, fields)
        guard order.isKept || arrival.asynchronous == nil else { throw .notKept }
        let webhook = try arrival.setup.webhook(
            fields, for: arrival.record.caller, isAsynchronous: arrival.asynchronous != nil)
        if !order.isDryRun {
            arrival.repetition = try Repetition(
                arrival.head, joinsRetries: arrival.setup.configuration.joinsRetries, webhook: webhook)
        }
        return order
    }

    /// Makes the request durable.
    ///
    /// - Returns: the answer to an earlier request that this one repeats; nothing was written then.
    private func open(
        _ order: ImageOrder, _ arrival: Arrival, as running: RunningRequest
    ) async throws(GatewayError) -> Reply? {
        for _ in 0..<Worker.openings {
            guard let earlier = try await earlier(order, arrival, opening: running) else { return nil }
            if let answer = try await join(earlier, order, arrival.record, arrival.asynchronous) { return answer }
            // It was opened meanwhile, and is over without an answer.
            if Task.isCancelled { throw .hungUp }
        }
        throw .notSettledYet
    }

    /// How often a request is opened in the place of another that has just ended. One whose end the disk does not take
    /// stays in the way for seconds.
    private static let openings = 3

    /// The request is known here before it is in the ledger: whoever finds it there to join it must find it running.
    private func earlier(
        _ order: ImageOrder, _ arrival: Arrival, opening running: RunningRequest
    ) async throws(GatewayError) -> StoredRequest? {
        core.running.add(running)
        do throws(GatewayError) {
            let earlier = try await open(order, arrival)
            if earlier != nil { core.running.remove(running.id) }
            return earlier
        } catch {
            core.running.remove(running.id)
            throw error
        }
    }

    @inline(never)
    private func start(
        _ order: ImageOrder, _ arrival: Arrival, _ running: RunningRequest, _ places: [Admission.Place]
    ) -> Reply {
        start(order, arrival.record, running, places)
        return reply(order, arrival.record, running, arrival.asynchronous)
    }

    /// Records a request that comes to nothing, and says so. A dry run would have come to nothing anyway.
    @inline(never)
    private func refused(_ error: GatewayError, _ arrival: Arrival) async -> Reply {
        if let order = arrival.order { noteRefusal(error, of: order, arrival.record.caller) }
        let known = arrival.head.asksForDryRun ? error : await settled(error, arrival.record)
        core.log.write(arrival.record, status: known.status, error: known)
        return .now(.answer(.failure(known), arrival.record))
    }

    /// Room for one more request, here and on the deployment, until the places are let go.
    private func places(for order: ImageOrder) throws(GatewayError) -> [Admission.Place] {
        let places = [try order.setup.admission.enter(), try order.deployment.admission.enter()]
        try order.way.enter()
        return places
    }

    /// Answers in the way that was asked for: later, piece by piece, or when it is over.
    func reply(
        _ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest, _ asynchronous: AsyncDialect?
    ) -> Reply {
        if let asynchronous { return ready(asynchronous.accepted(running, record), order, record, running) }
        if order.wanted.stream == true { return ready(stream(order, record, running), order, record, running) }
        return .later(ImageWait(order, record, running, self))
    }

    private func ready(
        _ response: Response, _ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest
    ) -> Reply {
        var response = response
        if record.id.text != running.id { response.fields.set("x-falgate-request-id", running.id) }
        response = core.ending(response, at: .images(order.wanted.kind, nil))
        return .later(ReadyAnswer(response, of: running.id, running.wish, core.undelivered))
    }

    /// What a caller gets who has waited.
    @inline(never)
    fileprivate func answer(_ wait: ImageWait, _ wake: RunningRequest.Wake) -> Response {
        switch wake {
        case .ended(let end):
            if let error = end.error { noteRefusal(error, of: wait.order, wait.record.caller) }
            return ending(.answer(end.result, end.record, written: end.written), wait)
        case .overdue:
            keepForLater(wait.running, wait.order)
            return ending(.overdue(wait.record, wait.running), wait)
        case .gone:
            core.undelivered.note(wait.running.id, of: wait.running.wish)
            core.left(wait.running, wait.order.setup.configuration.disconnectPolicy)
            return ending(.unanswered(.hungUp, wait.record), wait)
        }
    }

    /// The same with bytes, which are fetched again: nobody waited for them when they were first at hand.
    @inline(never)
    fileprivate func answer(_ wait: ImageWait, fetching kept: ImageResponse, of end: RequestEnd) async -> Response {
        let order = wait.order
        let restored = await restored(kept, of: end.record.id.text, StoredRendering(order), order.setup)
        return ending(.answer(.success(restored), end.record), wait)
    }

    private func ending(_ response: Response, _ wait: ImageWait) -> Response {
        var response = response
        if wait.isJoined { response.fields.set("x-falgate-request-id", wait.running.id) }
        return core.ending(response, at: .images(wait.order.wanted.kind, nil))
    }

    /// Nobody waits for the answer now, and it will be fetched, or asked for again. Where it cannot be, its caller has
    /// as good as hung up.
    func keepForLater(_ running: RunningRequest, _ order: ImageOrder) {
        core.undelivered.note(running.id, of: running.wish)
        running.keepForLater()
        if !running.isKept { core.left(running, order.setup.configuration.disconnectPolicy) }
    }
}

/// A caller who waits for the end of a request: all that is held for him meanwhile.
private final class ImageWait: PendingResponse {
    let order: ImageOrder
    let record: RequestRecord
    let running: RunningRequest
    private let worker: Worker
    private let token: Int
    /// How the waiting ended. Set before `ready` is called, which is the one way to the reader.
    private nonisolated(unsafe) var wake: RunningRequest.Wake?
    /// Whether what runs is an earlier request, which this one repeats.
    var isJoined: Bool { record.id.text != running.id }

    init(_ order: ImageOrder, _ record: RequestRecord, _ running: RunningRequest, _ worker: Worker) {
        self.order = order
        self.record = record
        self.running = running
        self.worker = worker
        token = running.makeToken()
    }

    func whenReady(_ ready: @escaping @Sendable () -> Void) {
        let reactor = worker.reactor
        running.wait(token, until: record.waitsUntil, on: reactor) { wake in
            self.wake = wake
            if reactor.isCurrent { ready() } else { reactor.post(ready) }
        }
    }

    func response() async -> Response {
        if case .ended(let end)? = wake, let kept = end.keptWithoutBytes(for: order) {
            return await worker.answer(self, fetching: kept, of: end)
        }
        return worker.answer(self, wake ?? .gone)
    }

    func cancel() { running.stopWaiting(token) }

    func noticeOfLoss() -> @Sendable () -> Void { worker.core.undelivered.notice(of: running.id, running.wish) }
}

extension RequestEnd {
    /// What is kept of it, where a caller has asked for bytes and they are not there.
    fileprivate func keptWithoutBytes(for order: ImageOrder) -> ImageResponse? {
        guard order.delivery.hasBytes, case .success(let response) = result,
            response.images.contains(where: { $0.base64 == nil && $0.url == nil })
        else { return nil }
        return kept
    }
}

extension Response {
    /// The end of an image request, as its caller gets it.
    ///
    /// - Parameter written: the JSON of the success, where it has been made already.
    static func answer(
        _ result: Result<ImageResponse, GatewayError>, _ record: RequestRecord, written: [UInt8]? = nil
    ) -> Response {
        var response: Response
        switch result {
        case .success(let images):
            response = Response(
                status: 200, fields: ["Content-Type": "application/json"], body: written.map { .bytes($0) } ?? .segments(images.segments()))
        case .failure(let error): response = .failure(error)
        }
        record.describe(in: &response.fields)
        return response
    }

    /// To a caller who does not wait for the end. What his request has come to by now is not told.
    static func unanswered(_ error: GatewayError, _ record: RequestRecord) -> Response {
        var response = Response.failure(error)
        record.describe(in: &response.fields, of: [])
        return response
    }

    /// The deployment's or the caller's patience is over. The jobs go on, and the answer can be fetched.
    static func overdue(_ record: RequestRecord, _ running: RunningRequest) -> Response {
        var response = unanswered(running.overdueError, record)
        for id in running.falRequestIDs { response.fields.append("x-fal-request-id", id) }
        if running.isKept { response.fields.append("location", Route.job(running.id)) }
        return response
    }
}

extension RunningRequest {
    fileprivate convenience init(_ order: ImageOrder, _ arrival: Arrival) {
        self.init(
            id: arrival.record.id.text, wish: order.wish(of: arrival.record.caller),
            created: arrival.record.startedAt.seconds, jobs: order.plan.calls.count, isKept: order.isKept)
        if arrival.asynchronous != nil { keepForLater() }
    }
}

extension GatewayError {
    /// The images of request `id` come later.
    static func overdue(_ id: RequestID) -> GatewayError {
        let error = GatewayError(
            .timeout, "The images were not ready in time. They are still being made: GET \(Route.job(id.text)) has them when they are.")
        return error.naming(request: id)
    }

    /// The images come later, and there is nowhere to fetch them.
    static let overdueForGood = GatewayError(
        .timeout, "The images were not ready in time. They cannot be fetched later: `general_settings.result_ttl` is 0, so no answer is kept.")
}

extension GatewayError {
    static let notSettledYet = GatewayError(
        .ledgerUnavailable, "An earlier request that this one repeats cannot be settled yet. Try again in a moment.", retryAfter: 1)

    fileprivate static let notKept = GatewayError(
        .invalidRequest,
        "The answer must be waited for here: `general_settings.result_ttl` is 0, so none is kept to be fetched later.",
        param: "async")
}

extension RequestHead {
    /// `?dry_run=true` or `x-falgate-dry-run: true`.
    fileprivate var asksForDryRun: Bool {
        let said = queryValue("dry_run") ?? fields.first("x-falgate-dry-run")
        return said?.lowercased() == "true" || said == "1"
    }
}
