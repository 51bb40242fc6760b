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
        _ request: Request, kind: ImageRequest.Kind, caller: Caller, model: String?, _ dialect: AsyncDialect?,
        _ setup: Setup
    ) async -> Reply {
        preconditionOnLoop()
        var record = RequestRecord(request.head, kind: kind, caller: caller)
        var planned: ImageOrder?
        do throws(GatewayError) {
            let order = try await order(request, kind: kind, model: model, record: &record, setup)
            planned = order
            let asynchronous = dialect ?? AsyncDialect(asking: request.head, order.wanted)
            let webhook = try setup.configuration.webhook(
                of: order.wanted, for: caller, isAsynchronous: asynchronous != nil)
            if order.isDryRun { return .now(dryRun(order, record)) }
            var repetition = try Repetition(
                request.head, joinsRetries: setup.configuration.joinsRetries, webhook: webhook)
            if let earlier = try await earlier(&repetition, order, caller),
                let answer = try await join(earlier, order, record, asynchronous)
            {
                return answer
            }
            let places = try places(for: order)
            let running = RunningRequest(
                id: record.id.text, keyHash: caller.keyHash?.description, created: record.startedAt.seconds,
                jobs: order.plan.calls.count)
            if asynchronous != nil { running.keepForLater() }
            while let earlier = try await open(order, record, repetition, as: running) {
                if let answer = try await join(earlier, order, record, asynchronous) { return answer }
                // It was opened meanwhile, and is over without an answer.
                if Task.isCancelled { throw GatewayError.hungUp }
            }
            start(order, record, running, places)
            return reply(order, record, running, asynchronous)
        } catch {
            if let planned { noteRefusal(error, of: planned, caller) }
            let known = await settled(error, record, stored: nil)
            core.log.write(record, status: known.status, error: known)
            return .now(.answer(.failure(known), record))
        }
    }

    /// Makes the request durable. It is known here before it is in the ledger: whoever finds it there
    /// to join it must find it running.
    private func open(
        _ order: ImageOrder, _ record: RequestRecord, _ repetition: Repetition, as running: RunningRequest
    ) async throws(GatewayError) -> StoredRequest? {
        core.running.add(running)
        do throws(GatewayError) {
            let earlier = try await open(order, record, repetition)
            if earlier != nil { core.running.remove(running.id) }
            return earlier
        } catch {
            core.running.remove(running.id)
            throw error
        }
    }

    /// Reads the request and decides what it becomes. Nothing is sent, nothing is reserved.
    private func order(
        _ request: Request, kind: ImageRequest.Kind, model: String?, record: inout RequestRecord, _ setup: Setup
    ) async throws(GatewayError) -> ImageOrder {
        let body = try ImageBody(request, kind: kind, limits: setup.inputLimits)
        record.note(model: model ?? body.fields["model"]?.stringValue)
        let wanted = try body.request(
            kind: kind, model: model, maximumImages: setup.configuration.maximumImagesPerRequest)
        record.note(wanted, request.head)
        record.waitsUntil = try request.head.callersDeadline
        let model = try wanted.requiredModel
        let way = try setup.routing.begin(for: model)
        let deployment = await learned(way.deployment.serving(kind), setup)
        record.deployment = deployment
        record.fallbacks = way.fallbacks
        let order = try ImageOrder(
            wanted, as: model, on: deployment, along: way, isDryRun: request.head.asksForDryRun, setup: setup)
        record.plan = order.plan
        return order
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
        if let asynchronous { return .now(asynchronous.accepted(running, record)) }
        if order.wanted.stream == true { return .now(stream(order, record, running)) }
        return .later(ImageWait(order, record, running, self))
    }

    /// What a caller gets who has waited.
    fileprivate func answer(_ wait: ImageWait, _ wake: RunningRequest.Wake) async -> Response {
        var response: Response
        switch wake {
        case .ended(let end):
            if let error = end.error { noteRefusal(error, of: wait.order, wait.record.caller) }
            if let completed = await completed(end, wait.order) {
                response = .answer(.success(completed), end.record)
            } else {
                response = .answer(end.result, end.record, written: end.written)
            }
        case .overdue:
            keepForLater(wait.running)
            response = .overdue(wait.record, wait.running)
        case .gone:
            core.undelivered.note(wait.running.id)
            core.left(wait.running, wait.order.setup.configuration.disconnectPolicy)
            response = .answer(.failure(.hungUp), wait.record)
        }
        if wait.isJoined { response.fields.set("x-falgate-request-id", wait.running.id) }
        return core.ending(response, at: .images(wait.order.wanted.kind, nil))
    }

    /// Nobody waits for the answer now, and it will be fetched, or asked for again.
    func keepForLater(_ running: RunningRequest) {
        core.undelivered.note(running.id)
        running.keepForLater()
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

    func response() async -> Response { await worker.answer(self, wake ?? .gone) }

    func cancel() { running.stopWaiting(token) }

    func notDelivered() { worker.core.undelivered.note(running.id) }
}

extension Worker {
    /// The end as this caller asked for it where it is not so yet: bytes are fetched again where nobody
    /// waited for them when they were first at hand.
    private func completed(_ end: RequestEnd, _ order: ImageOrder) async -> ImageResponse? {
        guard case .success(let response) = end.result, order.delivery.hasBytes, let kept = end.kept,
            response.images.contains(where: { $0.base64 == nil && $0.url == nil })
        else { return nil }
        return await restored(kept, of: end.record.id.text, StoredRendering(order), order.setup)
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

    /// The deployment's or the caller's patience is over. The jobs go on, and the answer can be fetched.
    static func overdue(_ record: RequestRecord, _ running: RunningRequest) -> Response {
        var response = answer(.failure(.overdue(RequestID(text: running.id))), record)
        for id in running.falRequestIDs { response.fields.append("x-fal-request-id", id) }
        response.fields.append("location", Route.job(running.id))
        return response
    }
}

extension GatewayError {
    /// The images of request `id` come later.
    static func overdue(_ id: RequestID) -> GatewayError {
        let error = GatewayError(
            .timeout, "The images were not ready in time. They are still being made: GET \(Route.job(id.text)) has them when they are.")
        return error.naming(request: id)
    }
}

extension RequestHead {
    /// `?dry_run=true` or `x-falgate-dry-run: true`.
    fileprivate var asksForDryRun: Bool {
        let said = queryValue("dry_run") ?? fields.first("x-falgate-dry-run")
        return said?.lowercased() == "true" || said == "1"
    }
}
