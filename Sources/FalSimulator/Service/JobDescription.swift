import JSON

/// What fal tells of a job: the body of submit, status and stream events.
struct JobDescription {
    let job: SimulatedJob
    let position: Int
    let now: Instant
    /// Scheme and host for the job's addresses.
    let origin: String
    let clock: SimulatorClock

    /// The answer to a submit.
    func submitted() -> JSONObject {
        var json: JSONObject = ["status": "IN_QUEUE", "request_id": .string(job.order.id)]
        addAddresses(to: &json)
        json.append("logs", .null)
        json.append("metrics", [:])
        json.append("queue_position", .integer(position))
        return json
    }

    /// - Returns: 404 for a job that was removed from the queue.
    func status(logs: Bool) -> Answer {
        if case .removed = job.state { return Answer(404, ["status": "NOT_FOUND"]) }
        var json: JSONObject = ["status": .string(name), "request_id": .string(job.order.id)]
        addAddresses(to: &json)
        json.append("logs", logs ? .array(lines()) : .null)
        json.append("metrics", inferenceTime.map { ["inference_time": $0] } ?? [:])
        switch job.state {
        case .queued, .ready: json.append("queue_position", .integer(position))
        case .running, .removed: break
        case .completed(_, let conclusion):
            if let (message, type) = trouble(conclusion) {
                json.append("error", .string(message))
                json["error_type"] = type.map(JSONValue.string)
            }
        }
        return Answer(job.isOver ? 200 : 202, json)
    }

    /// The answer of the result's address before there is a result.
    func stillInProgress() -> Answer {
        var json: JSONObject = [
            "detail": "Request is still in progress", "request_id": .string(job.order.id),
        ]
        addAddresses(to: &json)
        return Answer(400, json)
    }

    private var name: String {
        switch job.state {
        case .queued, .ready: "IN_QUEUE"
        case .running: "IN_PROGRESS"
        case .completed, .removed: "COMPLETED"
        }
    }

    /// Seconds, as a number; nil for a job that never ran.
    private var inferenceTime: JSONValue? {
        guard case .completed(let end, _) = job.state, let started = job.started else { return nil }
        return JSONNumber(end.since(started).inSeconds).map(JSONValue.number)
    }

    private func trouble(_ conclusion: SimulatedJob.Conclusion) -> (message: String, type: String?)? {
        switch (conclusion, job.order.outcome) {
        case (.cancelled, _): return ("Request was cancelled", "client_cancelled")
        case (.timedOut, _): return ("Request timed out", "request_timeout")
        case (.planned, .failure(let failure)):
            return failure.isSilent ? nil : (failure.message, failure.errorType)
        case (.planned, .delivery): return nil
        }
    }

    /// A line when the job starts and one for each quarter of the work since.
    private func lines() -> [JSONValue] {
        guard let started = job.started else { return [] }
        var lines = [line("Starting inference", started)]
        guard case .time(let run) = job.order.run, run > .zero else { return lines }
        for quarter in 1...4 {
            let at = started + run / 4 * quarter
            if at <= now { lines.append(line("\(quarter * 25)%", at)) }
        }
        return lines
    }

    private func line(_ message: String, _ at: Instant) -> JSONValue {
        [
            "message": .string(message), "timestamp": .string(clock.timestamp(at)), "level": "INFO",
            "source": "run", "labels": ["level": "INFO"],
        ]
    }

    // MARK: Addresses

    private func addAddresses(to json: inout JSONObject) {
        let order = job.order
        let id = PercentEncoding.encode(order.id)
        let application = order.behaviour.addresses == .full ? order.endpoint.id : order.endpoint.application
        let host: String
        switch order.behaviour.addresses {
        case .missing: return
        case .null:
            for key in ["response_url", "status_url", "cancel_url"] { json.append(key, .null) }
            return
        case .relative: host = ""
        case .foreign(let origin): host = origin
        case .short, .full, .response: host = origin
        }
        let base = host + "/" + application + "/requests/" + id
        json.append("response_url", .string(order.behaviour.addresses == .response ? base + "/response" : base))
        json.append("status_url", .string(base + "/status"))
        json.append("cancel_url", .string(base + "/cancel"))
    }
}
