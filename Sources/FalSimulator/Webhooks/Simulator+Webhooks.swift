import HTTP
import JSON
import Reactor

/// fal's webhooks: a POST to the address of the submit when its job is over. No key is ever sent.
///
/// Other than fal the simulator delivers to private addresses and by plain HTTP: that is where
/// tests listen.
extension Simulator {
    /// The caller's `fal_webhook`, if there is one.
    func callback(of head: RequestHead) -> Callback? {
        head.queryValue("fal_webhook").map { Callback(address: $0, origin: origin(of: head)) }
    }

    /// Delivers in a task of its own, as soon as the plan says.
    func announce(_ job: SimulatedJob) {
        guard let callback = job.order.callback else { return }
        webhooks.pending -= 1
        // A job that was taken out of the queue is as if it had never been.
        guard case .completed = job.state else { return }
        let plan = job.order.behaviour.webhook
        guard plan.deliveries > 0 else { return }
        reactor.spawn { await self.deliver(job, to: callback, plan) }
    }

    private func deliver(_ job: SimulatedJob, to callback: Callback, _ plan: WebhookPlan) async {
        let body = message(of: job, callback, plan).serialized()
        if plan.delay > .zero { try? await reactor.sleep(until: .after(plan.delay)) }
        for delivery in 1...plan.deliveries {
            guard await deliver(body, of: job.order.id, to: callback, plan, delivery) else { return }
        }
    }

    /// Tries until the answer is 2xx.
    ///
    /// - Returns: whether it was.
    private func deliver(
        _ body: [UInt8], of requestID: String, to callback: Callback, _ plan: WebhookPlan, _ delivery: Int
    ) async -> Bool {
        for attempt in 0...plan.retries.count {
            if attempt > 0 { try? await reactor.sleep(until: .after(plan.retries[attempt - 1])) }
            let time = clock.unixNanoseconds(clock.now)
            var record = WebhookLog.Attempt(
                requestID: requestID, address: callback.address, delivery: delivery, attempt: attempt + 1, time: time,
                body: Array(body.prefix(WebhookLog.bodyBytes)))
            let fields = signer.fields(
                requestID, body, time: Int(time / 1_000_000_000) + plan.timestampOffset, plan.signature)
            do {
                let timeout = attempt == 0 ? plan.timeout : max(plan.timeout, WebhookPlan.retryTimeout)
                record.status = try await post(body, fields, to: callback.address, within: timeout)
            } catch {
                record.failure = "\(error)"
            }
            webhooks.add(record)
            wakeCountWatchers()
            switch record.status {
            case .some(200..<300): return true
            // fal follows no redirect and tries no further.
            case .some(300..<400): return false
            case .some, nil: continue
            }
        }
        return false
    }

    /// - Returns: the status of the answer.
    private func post(
        _ body: [UInt8], _ fields: Fields, to address: String, within timeout: Duration
    ) async throws -> Int {
        let answer = try await webhookClient.send(
            ClientRequest(.post, try URL.parse(address), fields: fields, body: body),
            timeouts: ClientTimeouts(head: timeout, whole: .after(timeout)), maximumBodyBytes: 64 * 1024)
        return answer.status
    }

    // MARK: Message

    private func message(of job: SimulatedJob, _ callback: Callback, _ plan: WebhookPlan) -> JSONObject {
        let description = JobDescription(job: job, position: 0, now: clock.now, origin: callback.origin, clock: clock)
        let answer = result(description)
        let isGood = (200..<300).contains(answer.status)
        var message: JSONObject = [
            "request_id": .string(job.order.id), "gateway_request_id": .string(job.order.id),
            "status": isGood ? "OK" : "ERROR",
        ]
        if !isGood { message["error"] = .string("Invalid status code: \(answer.status)") }
        guard !plan.isPayloadLost, let payload = Self.json(answer) else {
            message["payload"] = .null
            message["payload_error"] = "Response payload is not JSON serializable. Fetch the result by its request id."
            return message
        }
        message["payload"] = payload
        return message
    }

    private static func json(_ answer: Answer) -> JSONValue? {
        switch answer.content {
        case .json(let object): .object(object)
        case .bytes(let segments, _): try? JSON.parse(Array(segments.joined()), duplicateKeys: .keepLast)
        }
    }

    // MARK: Reports

    /// `GET /_simulator/webhooks`: the attempts that fit the query, oldest first.
    func webhookReport(_ head: RequestHead) -> JSONObject {
        let requestID = head.queryValue("request_id")
        let fitting = webhooks.attempts.all.filter { requestID == nil || $0.requestID == requestID }
        return [
            "webhooks": .array(fitting.map { .object($0.json) }), "count": .integer(fitting.count),
            "dropped": .integer(webhooks.attempts.dropped),
        ]
    }
}
