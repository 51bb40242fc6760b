import HTTP
import JSON
import Reactor

@testable import Fal

/// What fal says, as literal as needed.
extension QueueFixture {
    nonisolated var app: String { "\(base)/fal-ai/flux/requests/\(Self.id)" }
    nonisolated var path: String { "/fal-ai/flux/requests/\(Self.id)" }

    /// Scripts a submit that is accepted.
    nonisolated func acceptJob() {
        fal.script("POST /fal-ai/flux/dev", .json(200, [
            "request_id": .string(Self.id), "response_url": .string(app),
            "status_url": .string(app + "/status"), "cancel_url": .string(app + "/cancel"), "queue_position": 2,
        ]))
    }

    nonisolated func submit() async throws -> Result<SubmittedJob, FalFailure> {
        try await run { fixture in
            do throws(FalFailure) {
                let call = FalCall(input: ["prompt": "a cat"], imageCount: 1, maximumImages: 1, pixels: .atMost(1))
                let endpoint = try Endpoint.flux()
                return .success(try await fixture.client.submit(call, to: endpoint, at: fixture.upstream, until: .test))
            } catch {
                return .failure(error)
            }
        }
    }

    nonisolated func submitted() async throws -> SubmittedJob {
        acceptJob()
        return try await submit().get()
    }

    struct Followed: Sendable {
        var phases: [JobPhase] = []
        var completion: Completion?
        var failure: FalFailure?
    }

    /// - Parameter patience: counted on the loop, so that a busy machine does not use it up before.
    nonisolated func follow(for patience: Duration = .test) async throws -> Followed {
        let job = try await submitted()
        return try await run { fixture in
            let deadline = Deadline.after(patience)
            var followed = Followed()
            do throws(FalFailure) {
                followed.completion = try await JobFollower(fixture.client, job, at: fixture.upstream, until: deadline).completion {
                    followed.phases.append($0)
                }
            } catch {
                followed.failure = error
            }
            return followed
        }
    }

    nonisolated func result(
        after completion: Completion? = nil, for patience: Duration = .test
    ) async throws -> Result<JobResult, FalFailure> {
        let job = try await submitted()
        return try await run { fixture in
            do throws(FalFailure) {
                return .success(try await fixture.client.result(
                    of: job, after: completion, at: fixture.upstream, until: .after(patience)))
            } catch {
                return .failure(error)
            }
        }
    }
}

extension Endpoint {
    static func flux() throws(FalFailure) -> Endpoint {
        guard let endpoint = try? Endpoint("fal-ai/flux/dev") else {
            throw FalFailure(.badRequest, message: "", acceptance: .notAccepted)
        }
        return endpoint
    }
}

extension Result {
    var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

extension Response {
    static func inQueue(_ position: Int) -> Response { .json(202, ["status": "IN_QUEUE", "queue_position": .integer(position)]) }
    static var inProgress: Response { .json(202, ["status": "IN_PROGRESS", "logs": nil]) }
    static var completed: Response { .json(200, ["status": "COMPLETED", "logs": nil, "metrics": ["inference_time": 0.001]]) }
    static var image: Response {
        .json(200, ["images": [["url": "https://v3.fal.media/a.png", "width": 8, "height": 8]]], ["X-Fal-Billable-Units": "1.5", "x-fal-request-id": "r"])
    }
}
