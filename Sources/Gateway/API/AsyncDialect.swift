import HTTP
import JSON
import OpenAI

/// The ways in which clients ask for an answer that they fetch later, each with its own shape. The
/// jobs beneath are the same.
enum AsyncDialect: Sendable, Equatable {
    /// `Prefer: respond-async` (RFC 7240, section 4.1) or `"async": true` in the body.
    case falgate
    /// `POST /v1/images/generations/async`, fetched at `/v1/images/tasks/{id}`.
    case task
    /// `POST /v1/async/images/generations`, fetched at the same path with the id.
    case job

    /// What a request asks for by itself; `nil` when it waits for its answer.
    ///
    /// - Parameter fields: of the body, those that are the gateway's.
    init?(asking head: RequestHead, _ fields: JSONObject) {
        let prefers = head.fields.contains("respond-async", in: "prefer")
        guard prefers || fields["async"]?.boolValue == true else { return nil }
        self = .falgate
    }

    private static let taskPrefix = "imgtask_"

    /// Where the answer is fetched.
    func location(of id: String) -> String {
        switch self {
        case .falgate: Route.job(id)
        case .task: "/v1/images/tasks/\(AsyncDialect.taskPrefix)\(id)"
        case .job: "/v1/async/images/generations/\(id)"
        }
    }

    /// The id in this dialect's own spelling, as a request id.
    func requestID(_ text: String) -> String {
        self == .task && text.hasPrefix(AsyncDialect.taskPrefix)
            ? String(text.dropFirst(AsyncDialect.taskPrefix.count)) : text
    }

    /// 202: the request is recorded and runs.
    func accepted(_ running: RunningRequest, _ record: RequestRecord) -> Response {
        let view = JobView(running)
        var response = Response.json(body(view), status: 202)
        record.describe(in: &response.fields)
        response.fields.append("location", location(of: running.id))
        response.fields.append("retry-after", self == .task ? "3" : "1")
        response.fields.append("cache-control", "no-store")
        if self == .falgate { response.fields.append("preference-applied", "respond-async") }
        return response
    }

    /// A request that runs, or has ended, in words of this dialect.
    func body(_ view: JobView) -> JSONObject {
        switch self {
        case .falgate:
            var body: JSONObject = [
                "id": .string(view.id), "task_id": .string(view.id), "object": "image.generation.job",
                "status": .string(view.phase.rawValue), "created": .integer(view.created),
                "poll_url": .string(location(of: view.id)),
            ]
            body["queue_position"] = view.queuePosition.map { .integer($0) }
            return body
        case .task:
            return [
                "id": .string(AsyncDialect.taskPrefix + view.id), "object": "image.generation.task",
                "status": .string(view.phase.isOver ? view.phase.rawValue : "processing"),
                "created_at": .integer(view.created), "poll_url": .string(location(of: view.id)),
            ]
        case .job:
            return [
                "id": .string(view.id), "status": .string(view.phase.isOver ? view.phase.rawValue : "processing"),
                "created_at": .integer(view.created),
            ]
        }
    }
}

/// How far a request is.
struct JobView: Sendable {
    enum Phase: String, Sendable {
        case queued, inProgress = "in_progress", completed, failed, cancelled

        var isOver: Bool { self != .queued && self != .inProgress }
    }

    let id: String
    /// Seconds since 1970.
    let created: Int
    let phase: Phase
    let queuePosition: Int?

    init(_ running: RunningRequest) {
        id = running.id
        created = running.created
        phase = running.progress.isAnyInProgress ? .inProgress : .queued
        queuePosition = running.progress.queuePosition
    }

    init(id: String, created: Int, phase: Phase) {
        self.id = id
        self.created = created
        self.phase = phase
        queuePosition = nil
    }
}
