import HTTP
import JSON
import Reactor

/// The queue's own operations: submit, status, result, cancel.
extension Simulator {
    // MARK: Submit

    func submit(_ request: Request, to endpoint: Endpoint, _ record: Int) async -> Response {
        switch await accept(request, endpoint, .submit, record) {
        case .refused(let response): return response
        case .accepted(let ticket, let fault):
            guard let description = describe(ticket, request.head) else { return Answer.detail(500, "gone").response }
            return await deliver(withID(Answer(200, description.submitted()), description.job.order.id), fault)
        }
    }

    enum Acceptance {
        case accepted(Ticket, Fault?)
        case refused(Response)
    }

    /// Checks the caller, finds the plan, makes the job.
    func accept(
        _ request: Request, _ endpoint: Endpoint, _ route: Fault.Route, _ record: Int
    ) async -> Acceptance {
        let caller = accounts.caller(request.head.fields)
        guard case .account(let account) = caller else {
            let refusal = accounts.refusal(of: caller, application: endpoint.application)
            return .refused(withID(refusal ?? .detail(401, "Unauthorized")).response)
        }
        if let refusal = accounts.refusal(of: caller, application: endpoint.application)
            ?? accounts.refusalToStart(account, application: endpoint.application)
        {
            return .refused(withID(refusal).response)
        }
        let body = try? JSON.parse(request.body, duplicateKeys: .keepLast).objectValue
        let submission = Submission(
            endpoint: endpoint.id, prompt: body?["prompt"]?.stringValue ?? "", key: accounts.credential(account))
        let (shared, visit) = plan.behaviour(for: submission)
        let behaviour = shared.value
        if let refusal = Self.refusal(of: endpoint, behaviour.application) {
            return .refused(withID(refusal).response)
        }
        let fault = behaviour.fault(on: route, visit: visit)
        if let fault, fault.preventsAnswer, fault.acceptance == .refused {
            return .refused(await deliver(Answer(200, [:]), fault))
        }
        if let limit = request.head.queryValue("fal_max_queue_length").flatMap(Int.init),
            queue.waiting(for: account) > limit
        {
            return .refused(withID(.detail(429, "Queue is full")).response)
        }
        let order = intake.order(
            body, to: endpoint, account: account, behaviour: shared,
            startDeadline: Self.startDeadline(request.head.fields), callback: callback(of: request.head),
            time: clock.unixNanoseconds(clock.now) / 1_000_000)
        log.name(order.id, for: record)
        if order.callback != nil { webhooks.pending += 1 }
        let (ticket, changes) = queue.submit(order, at: clock.now)
        digest(changes)
        return .accepted(ticket, fault)
    }

    private static func refusal(of endpoint: Endpoint, _ plan: ApplicationPlan) -> Answer? {
        switch plan {
        case .known: nil
        case .missing: .detail(404, #"Application "\#(endpoint.name)" not found"#)
        case .withoutPath: .detail(404, "Path /\(endpoint.path) not found")
        case .private: .detail(403, #"Cannot access application "\#(endpoint.application)""#)
        }
    }

    /// Seconds within which a runner must have started; the newer name wins.
    private static func startDeadline(_ fields: Fields) -> Duration? {
        let text = fields.first("X-Fal-Request-Start-Timeout") ?? fields.first("X-Fal-Request-Timeout")
        guard let seconds = text.flatMap(Double.init), seconds > 0.1, seconds < 1e9 else { return nil }
        return .nanoseconds(Int64(seconds * 1e9))
    }

    func describe(_ ticket: Ticket, _ head: RequestHead) -> JobDescription? {
        guard let job = queue[ticket] else { return nil }
        return JobDescription(
            job: job, position: queue.position(of: ticket, at: clock.now), now: clock.now,
            origin: origin(of: head), clock: clock)
    }

    // MARK: One job

    func job(
        _ request: Request, _ operation: Fault.Route, _ id: String, _ application: String, _ record: Int
    ) async -> Response {
        log.name(id, for: record)
        let caller = accounts.caller(request.head.fields)
        let ticket = queue.ticket(for: id)
        // Without a key fal says of an unknown id that it is unknown, not that a key is needed.
        if caller != .nobody || ticket != nil,
            let refusal = accounts.refusal(of: caller, application: application)
        {
            return withID(refusal).response
        }
        guard let ticket, let order = queue[ticket]?.order, order.endpoint.application == application,
            caller == .account(order.account)
        else { return withID(Answer(404, ["status": "NOT_FOUND"])).response }
        let fault = order.behaviour.fault(on: operation, visit: queue.countVisit(operation, of: ticket))
        if operation == .stream, fault == nil { return stream(ticket, request.head) }
        return await deliver(withID(answer(operation, ticket, request.head), id), fault)
    }

    private func answer(_ operation: Fault.Route, _ ticket: Ticket, _ head: RequestHead) -> Answer {
        switch operation {
        case .cancel: return cancel(ticket)
        case .result:
            catchUp()
            return result(ticket, head)
        case .status, .stream, .submit, .run, .image:
            digest(queue.look(at: ticket, at: clock.now))
            return describe(ticket, head)?.status(logs: Self.wantsLogs(head)) ?? Answer(404, ["status": "NOT_FOUND"])
        }
    }

    static func wantsLogs(_ head: RequestHead) -> Bool { ["1", "true"].contains(head.queryValue("logs") ?? "") }

    private func cancel(_ ticket: Ticket) -> Answer {
        let (answer, changes) = queue.cancel(ticket, at: clock.now)
        digest(changes)
        switch answer {
        case .notFound: return Answer(404, ["status": "NOT_FOUND"])
        case .alreadyCompleted: return Answer(400, ["status": "ALREADY_COMPLETED"])
        case .accepted:
            switch queue[ticket]?.order.cancellation.answer {
            case .ok: return Answer(200, ["status": "OK"])
            case .success: return Answer(200, ["success": true])
            case .accepted, nil: return Answer(202, ["status": "CANCELLATION_REQUESTED"])
            }
        }
    }

    // MARK: Result

    /// What the model answered: its status, headers and body.
    func result(_ ticket: Ticket, _ head: RequestHead) -> Answer {
        describe(ticket, head).map(result) ?? Answer(404, ["status": "NOT_FOUND"])
    }

    func result(_ description: JobDescription) -> Answer {
        let order = description.job.order
        switch (description.job.state, order.outcome) {
        case (.removed, _): return Answer(404, ["status": "NOT_FOUND"])
        case (.queued, _), (.ready, _), (.running, _): return description.stillInProgress()
        case (.completed(_, .cancelled), _): return .of(.platform("client_cancelled", status: 499))
        case (.completed(_, .timedOut), _):
            var answer = Answer.of(.platform("request_timeout", status: 504))
            answer.fields.append("X-Fal-Request-Timeout-Type", "user")
            return answer
        case (.completed(_, .planned), .failure(let failure)):
            return withBill(.of(failure), failure.units, order.behaviour.billing)
        case (.completed(let end, .planned), .delivery(let delivery)):
            let seconds = description.job.started.map { end.since($0).inSeconds } ?? 0
            let output = ModelOutput(
                model: EndpointModel.of(order.endpoint), delivery: delivery,
                plan: order.behaviour.output, origin: description.origin, owner: order.id,
                inferenceTime: seconds, encode: { self.images.image($0) })
            return withBill(Answer(200, output.json()), delivery.units, order.behaviour.billing)
        }
    }

    private func withBill(_ answer: Answer, _ units: Units, _ plan: BillingPlan) -> Answer {
        var answer = answer
        switch plan.header {
        case .asBilled: answer.fields.set("X-Fal-Billable-Units", units.decimal)
        case .value(let lie): answer.fields.set("X-Fal-Billable-Units", lie)
        case .missing: break
        }
        return answer
    }
}

extension Answer {
    static func of(_ failure: Failure) -> Answer {
        Answer(failure.status, failure.body, contentType: failure.contentType, failure.fields)
    }
}
