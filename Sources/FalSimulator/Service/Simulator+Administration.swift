import HTTP
import JSON
import Reactor

/// `/_simulator/…`: how a test in another process scripts the simulator and asks what happened.
extension Simulator {
    func administrate(_ request: Request, _ path: [String]) async -> Response {
        catchUp()
        do throws(ScriptError) {
            return try await administrate(request.head, path, try Self.script(request)).response
        } catch {
            return Answer(400, ["error": .string(error.description)]).response
        }
    }

    private func administrate(
        _ head: RequestHead, _ path: [String], _ script: JSONValue
    ) async throws(ScriptError) -> Answer {
        switch (head.method, path) {
        case (.get, []): return Answer(200, [Array(Self.help.utf8)], contentType: "text/plain; charset=utf-8")
        case (.get, ["plan"]): return Answer(200, ["rules": .array(plan.rules.map { .object($0.json) })])
        case (.post, ["plan"]): plan.rules = try Plan.rules(from: script) + plan.rules
        case (.put, ["plan"]): plan.rules = try Plan.rules(from: script)
        case (.delete, ["plan"]): plan.rules = []
        case (.post, ["reset"]): reset()
        case (.post, ["keys"]): try setKey(script)
        case (.post, ["release"]): return Answer(200, ["released": .integer(try release(script))])
        case (.post, ["clock"]): return try moveClock(script)
        case (.get, ["stats"]): return Answer(200, stats())
        case (.get, ["requests"]): return Answer(200, requests(head))
        case (.get, ["bills"]): return Answer(200, billing(head))
        case (.get, ["jobs"]): return Answer(200, ["jobs": .array(queue.all().compactMap { jobRow($0, head) })])
        case (.get, ["violations"]): return Answer(200, ["violations": .array(violations.all.map { .object($0.json) })])
        case (.get, ["webhooks"]): return Answer(200, webhookReport(head))
        case (.get, ["wait"]): return await waitForRequests(head)
        default: return Answer(404, ["error": "no such route; GET /_simulator lists them"])
        }
        return Answer(200, ["ok": true])
    }

    private static func script(_ request: Request) throws(ScriptError) -> JSONValue {
        guard !request.body.isEmpty else { return [:] }
        do throws(JSONError) {
            return try JSON.parse(request.body)
        } catch {
            throw ScriptError(path: "body", problem: error.description)
        }
    }

    private func reset() {
        queue = SimulatedQueue(runnersPerAccount: options.runnersPerKey, retention: options.keptJobs)
        plan = Plan()
        bills = Bills(rows: options.keptBills)
        accounts = Accounts(options)
        log = RequestLog(capacity: options.keptRequests)
        violations = Ring(capacity: violations.capacity)
        webhooks = WebhookLog()
        applyRunners()
        watchers.wakeAll()
    }

    // MARK: Script

    /// `{"key": "id:secret", "state": "locked", "every": 3, "runners": 2}`
    private func setKey(_ script: JSONValue) throws(ScriptError) {
        let (key, runners) = try ScriptReader.read(script, path: "key") {
            (reader) throws(ScriptError) -> (SimulatorOptions.Key, Int?) in
            guard let credential = try reader.text("key") else { throw reader.error("key", "is missing") }
            let state: SimulatorOptions.Key.State =
                try reader.word(
                    "state",
                    [
                        "usable": .usable, "unknown": .unknown, "invalid": .invalid, "locked": .locked,
                        "locked_on_every": .lockedOnEvery(try reader.count("every") ?? 2), "shut_out": .shutOut,
                    ]) ?? .usable
            return (.init(credential, state: state), try reader.count("runners"))
        }
        let number = accounts.set(key)
        if let runners { digest(queue.setLimit(runners, for: number, at: clock.now)) }
    }

    /// `{"request_id": "…"}`, or `{"endpoint": "…", "count": 2}`: lets held jobs go on, oldest first.
    private func release(_ script: JSONValue) throws(ScriptError) -> Int {
        let (id, endpoint, count) = try ScriptReader.read(script, path: "release") {
            (reader) throws(ScriptError) -> (String?, String?, Int) in
            (try reader.text("request_id"), try reader.text("endpoint"), try reader.count("count") ?? .max)
        }
        let held = queue.all().filter { ticket in
            guard let job = queue[ticket], job.isHeld else { return false }
            return (id ?? job.order.id) == job.order.id && (endpoint ?? job.order.endpoint.id) == job.order.endpoint.id
        }
        for ticket in held.prefix(count) { digest(queue.release(ticket, at: clock.now)) }
        return min(count, held.count)
    }

    /// `{"advance": 1.5}`: from now on time stands still and moves by what it is told.
    private func moveClock(_ script: JSONValue) throws(ScriptError) -> Answer {
        let step = try ScriptReader.read(script, path: "clock") { (reader) throws(ScriptError) in
            try reader.duration("advance") ?? .zero
        }
        clock.advance(by: step)
        catchUp()
        return Answer(200, ["now": seconds(clock.now)])
    }

    // MARK: Waiting

    /// `?route=cancel&count=1&seconds=5`: answers when so many requests of the route have come in, or 408.
    /// `route=webhook` waits for deliveries that have been made, or tried.
    private func waitForRequests(_ head: RequestHead) async -> Answer {
        let route = head.queryValue("route") ?? "submit"
        let count = head.queryValue("count").flatMap(Int.init) ?? 1
        let limit = head.queryValue("seconds").flatMap(Double.init) ?? 10
        let deadline = Deadline.after(.seconds(max(0, min(limit, 600))))
        let waiter = Waiter(on: reactor)
        countWatchers[ObjectIdentifier(waiter)] = waiter
        defer { countWatchers[ObjectIdentifier(waiter)] = nil }
        while happened(route) < count {
            guard (try? await waiter.wait(until: deadline)) != nil else {
                return Answer(408, ["route": .string(route), "count": .integer(happened(route))])
            }
        }
        return Answer(200, ["route": .string(route), "count": .integer(happened(route))])
    }

    private func happened(_ route: String) -> Int {
        route == "webhook" ? webhooks.attempts.appended : log.counts[route, default: 0]
    }

    func wakeCountWatchers() {
        for waiter in countWatchers.values { waiter.wake() }
    }
}
