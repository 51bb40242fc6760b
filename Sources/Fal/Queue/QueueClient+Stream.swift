import HTTP
import Reactor

extension QueueClient {
    /// Follows a job by its status stream.
    ///
    /// - Returns: `nil` when the stream was not served, or ended without an end of the job.
    @inline(never)
    func stream(_ follower: JobFollower, _ report: (JobPhase) -> Void) async throws(FalFailure) -> Completion? {
        let job = follower.job
        do {
            let url = try url(for: .status) { () throws(InvalidURL) in try job.locations.statusStream() }
            let request = follower.upstream.stream(url)
            let stream = try await open(request, job, follower.deadline)
            defer { stream.close() }
            let type = stream.fields.first("content-type")?.lowercased() ?? ""
            guard stream.status == 200, type.hasPrefix("text/event-stream") else { return nil }
            var parser = EventStreamParser()
            while let piece = try await nextPiece(of: stream, job, follower.deadline) {
                guard let items = try? parser.feed(piece) else { return nil }
                for case .event(let event) in items {
                    guard let status = QueueStatus(event.data) else { continue }
                    if let completion = follower.hear(status, report) { return completion }
                }
            }
            return nil
        } catch where error.isAboutTheLook {
            return nil
        }
    }

    private func open(
        _ request: ClientRequest, _ job: SubmittedJob, _ deadline: Deadline
    ) async throws(FalFailure) -> IncomingResponse {
        do {
            let timeouts = limits.timeouts(answer: limits.lookAnswer, idle: limits.streamIdle, until: deadline)
            return try await http.open(request, timeouts: timeouts, maximumBodyBytes: limits.streamBytes)
        } catch {
            throw FalFailure(asking: error, about: job, until: deadline)
        }
    }

    private func nextPiece(
        of stream: IncomingResponse, _ job: SubmittedJob, _ deadline: Deadline
    ) async throws(FalFailure) -> [UInt8]? {
        do {
            return try await stream.next()
        } catch {
            throw FalFailure(asking: error, about: job, until: deadline)
        }
    }
}
