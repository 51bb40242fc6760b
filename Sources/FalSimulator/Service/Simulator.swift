package import HTTP
import JSON
package import Reactor

/// A stand-in for fal: queue, synchronous run and CDN behind one address, scripted and questioned
/// under `/_simulator/`.
///
/// It knows fal's protocol by a reading of its own, shares no code with the gateway's client, and
/// keeps books of what fal would bill. All state lives in this actor, on one loop; jobs outlive
/// the connections that made them, so a gateway can be killed and started again.
package actor Simulator: PromptService {
    package nonisolated let reactor: Reactor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// fal takes data URIs of several pictures in a body.
    package static let bodyBytes = 128 * 1024 * 1024

    let options: SimulatorOptions
    var clock = SimulatorClock()
    var queue: SimulatedQueue
    var plan = Plan()
    var intake: Intake
    var bills: Bills
    var accounts: Accounts
    var log: RequestLog
    var violations = Ring<Violation>(capacity: 1000)
    var images = ImageCache()
    var watchers = Watchers()
    var webhooks = WebhookLog()
    let signer = WebhookSigner()
    let webhookClient: Client
    /// Wakes the time keeper: somebody watches a job that changes sooner than it sleeps.
    let alarm: Waiter
    var sleepsUntil = Instant.never
    /// Where tests wait for requests to come in.
    var countWatchers: [ObjectIdentifier: Waiter] = [:]

    /// Something that a client of fal must never do.
    struct Violation: Sendable {
        let kind: String
        let detail: String
        let record: Int
    }

    /// Starts empty. Serves nothing until it is given to a server, on the same loop: see `serve`.
    package init(_ options: SimulatorOptions, on reactor: Reactor) {
        self.reactor = reactor
        self.options = options
        queue = SimulatedQueue(runnersPerAccount: options.runnersPerKey, retention: options.keptJobs)
        intake = Intake(latency: options.latency, seed: options.seed)
        bills = Bills(rows: options.keptBills)
        accounts = Accounts(options)
        log = RequestLog(capacity: options.keptRequests)
        alarm = Waiter(on: reactor)
        webhookClient = Client(on: reactor, resolver: Resolver(), tls: TLSClientContext())
        Self.applyRunners(options, accounts, &queue)
        reactor.spawn { await self.keepTime() }
    }

    /// Gives the keys that have a limit of their own their runners.
    func applyRunners() { Self.applyRunners(options, accounts, &queue) }

    private static func applyRunners(
        _ options: SimulatorOptions, _ accounts: Accounts, _ queue: inout SimulatedQueue
    ) {
        for key in options.keys {
            guard let runners = key.runners, let number = accounts.number(of: key.credential) else { continue }
            _ = queue.setLimit(runners, for: number, at: .start)
        }
    }

    // MARK: Service

    package nonisolated var maximumBodyBytes: Int { Self.bodyBytes }

    package nonisolated func refusal(_ error: ProtocolError) -> Response {
        Answer.detail(error.status, error.reason).response
    }

    package func respond(to request: Request) async -> Response {
        let route = SimulatorRoute(target: request.head.target)
        if case .administration(let path) = route { return await administrate(request, path) }
        let number = log.begin(request, route: route, time: clock.unixNanoseconds(clock.now))
        wakeCountWatchers()
        let response = await answer(request, route, number)
        log.end(number, status: response.status, time: clock.unixNanoseconds(clock.now))
        return response
    }

    private func answer(_ request: Request, _ route: SimulatorRoute, _ number: Int) async -> Response {
        guard route.methods.contains(request.head.method) else {
            let allowed = route.methods.map(\.name).joined(separator: ", ")
            return withID(Answer(405, ["detail": "Method Not Allowed"], fields: ["Allow": allowed])).response
        }
        switch route {
        case .submit(let endpoint): return await submit(request, to: endpoint, number)
        case .run(let endpoint): return await run(request, endpoint, number)
        case .job(let operation, let id, let application):
            return await job(request, operation, id, application, number)
        case .picture(let hex, let name): return await picture(request, hex, name, number)
        case .document: return document(request, number)
        case .prices: return prices(request)
        case .webhookKeys: return withID(Answer(200, signer.keySet)).response
        case .administration, .nothing: return withID(.detail(404, "Not Found")).response
        }
    }

    // MARK: Answers

    /// Lays the fault planned for this visit, if there is one, over the answer.
    func deliver(_ answer: Answer, _ fault: Fault?) async -> Response {
        guard let fault else { return answer.response }
        if fault.delay > .zero { try? await reactor.sleep(until: .after(fault.delay)) }
        let answer = answer.replaced(by: fault)
        guard let transport = fault.transport else { return answer.response }
        return await BrokenTransport.response(answer, transport, on: reactor)
    }

    /// fal names every request it answers; a job's answers carry the job's id.
    func withID(_ answer: Answer, _ id: String? = nil) -> Answer {
        var answer = answer
        answer.fields.set("x-fal-request-id", id ?? intake.anyID(time: clock.unixNanoseconds(clock.now) / 1_000_000))
        return answer
    }

    /// Scheme and host under which the caller reached the simulator.
    func origin(of head: RequestHead) -> String {
        options.publicOrigin ?? "http://\(head.fields.first("Host") ?? "localhost")"
    }

    // MARK: Time

    /// Lets everything happen that is due, bills what ended and tells those who watch.
    func catchUp() { digest(queue.advance(to: clock.now)) }

    func digest(_ changes: SimulatedQueue.Changes) {
        for job in changes.ended {
            bills.add(bill(for: job))
            announce(job)
        }
        for ticket in changes.jobs { watchers.wake(ticket) }
        for account in changes.accounts where !watchers.isEmpty {
            for ticket in queue.frontOfLine(account, Watchers.positionsTold) { watchers.wake(ticket) }
        }
        if isWatched, let next = queue.nextAlarm, next < sleepsUntil { alarm.wake() }
    }

    /// Whether somebody notices when a state changes by itself.
    private var isWatched: Bool { !watchers.isEmpty || webhooks.pending > 0 }

    /// Wakes at the next change while anybody watches; states are otherwise computed when asked for.
    private func keepTime() async {
        while !Task.isCancelled {
            sleepsUntil = !isWatched ? .never : queue.nextAlarm ?? .never
            try? await alarm.wait(until: clock.deadline(sleepsUntil))
            catchUp()
        }
    }

    private func bill(for job: SimulatedJob) -> Bills.Bill {
        let order = job.order
        var (units, price, images, cause) = (Units.zero, UnitPrice?.none, 0, "cancelled")
        var at = clock.now
        var amount: Int64?
        switch (job.state, order.outcome) {
        case (.completed(let end, .planned), .delivery(let delivery)):
            (units, price, images, cause) = (delivery.units, delivery.price, delivery.images.count, "delivered")
            (at, amount) = (end, delivery.amount)
        case (.completed(let end, .planned), .failure(let failure)):
            (units, price) = (failure.units, EndpointModel.of(order.endpoint).price)
            (at, cause) = (end, failure.errorType ?? "status \(failure.status)")
        case (.completed(let end, .timedOut), _): (at, cause) = (end, "request_timeout")
        case (.completed(let end, .cancelled), _), (.removed(let end), _): at = end
        case (.queued, _), (.ready, _), (.running, _): break
        }
        return Bills.Bill(
            requestID: order.id, account: order.account, endpoint: order.endpoint.id, units: units,
            unitPrice: price, amount: amount ?? price?.times(units) ?? 0, images: images, at: at, cause: cause)
    }
}
