import HTTP
import JSON
import Reactor

/// The status as server-sent events, and the synchronous run, which waits as well.
extension Simulator {
    func stream(_ ticket: Ticket, _ head: RequestHead) -> Response {
        let fields: Fields = [
            "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
            "x-fal-request-id": queue[ticket]?.order.id ?? "",
        ]
        return Response(
            status: 200, fields: fields,
            body: StatusStream(simulator: self, ticket: ticket, head: head).body)
    }

    /// Waits for something to tell.
    ///
    /// - Returns: the next event, or a comment after the time of silence; and what has been told
    ///   with it, or nil when the stream is over.
    func nextEvent(
        for ticket: Ticket, _ head: RequestHead, after told: StatusStream.Told?
    ) async throws -> (bytes: [UInt8], told: StatusStream.Told?) {
        let quiet = Deadline.after(options.keepAlive)
        while true {
            digest(queue.look(at: ticket, at: clock.now))
            guard let description = describe(ticket, head) else { return ([], nil) }
            let now = StatusStream.Told(state: description.job.state, position: description.position)
            if now != told {
                let status = description.status(logs: Self.wantsLogs(head))
                guard status.status != 404, case .json(let json) = status.content else { return ([], nil) }
                let event = Array("data: ".utf8) + json.serialized() + Array("\n\n".utf8)
                return (event, description.job.isOver ? nil : now)
            }
            if queue.isPolled(ticket) { continue }
            guard try await waitForChange(of: ticket, until: quiet) else {
                return (Array(": keep-alive\n\n".utf8), now)
            }
        }
    }

    /// - Returns: false at the deadline.
    private func waitForChange(of ticket: Ticket, until deadline: Deadline) async throws -> Bool {
        let waiter = Waiter(on: reactor)
        watchers.add(waiter, for: ticket)
        defer { watchers.remove(waiter, for: ticket) }
        digest(queue.advance(to: clock.now))
        do throws(IOFailure) {
            try await waiter.wait(until: deadline)
            return true
        } catch .timedOut {
            return false
        }
    }

    // MARK: Run

    /// `https://fal.run/{endpoint}`: the same job, with the connection held until its end. It never
    /// waits for a runner: when all are busy the answer is 429.
    func run(_ request: Request, _ endpoint: Endpoint, _ record: Int) async -> Response {
        if case .account(let account) = accounts.caller(request.head.fields), !queue.hasFreeRunner(account) {
            let json: JSONObject = [
                "detail": "Concurrent requests limit reached", "error_type": "concurrent_requests_limit",
            ]
            return withID(Answer(429, json, fields: ["X-Fal-Needs-Retry": "1"])).response
        }
        switch await accept(request, endpoint, .run, record) {
        case .refused(let response): return response
        case .accepted(let ticket, let fault):
            let id = queue[ticket]?.order.id
            while let job = queue[ticket], !job.isOver {
                guard (try? await waitForChange(of: ticket, until: .never)) != nil else { break }
            }
            return await deliver(withID(result(ticket, request.head), id), fault)
        }
    }
}
