import JSON

/// What fal says about a job. There are three states; a job that failed is completed.
struct QueueStatus: Equatable {
    enum State: Equatable {
        /// Jobs ahead, where it says so.
        case inQueue(position: Int?)
        case inProgress
        case completed
        /// A word that does not exist today. The job is followed all the same.
        case unknown(String)
    }

    let state: State
    /// Of a completed job that failed: text for a person.
    let error: String?
    /// And the machine's word.
    let errorType: String?
    /// Seconds the model worked, of a completed job.
    let inferenceTime: Double?

    private static let wantedMembers: [StaticString] = ["status", "queue_position", "error", "error_type", "metrics"]

    /// Reads the body of a status or the data of an event. The HTTP status beside it, 202 or 200, is
    /// not asked: streams always answer 200, and what counts is what the body says.
    ///
    /// - Returns: `nil` when it is no status.
    init?(_ body: [UInt8]) {
        guard let value = try? JSON.members(Self.wantedMembers, of: body), let word = value["status"]?.stringValue else {
            return nil
        }
        switch word {
        case "IN_QUEUE": state = .inQueue(position: value["queue_position"]?.intValue)
        case "IN_PROGRESS": state = .inProgress
        case "COMPLETED": state = .completed
        default: state = .unknown(ErrorBody.line(word))
        }
        error = value["error"].flatMap { $0.isNull ? nil : $0.stringValue ?? $0.description }.map(ErrorBody.line)
        errorType = value["error_type"]?.stringValue.map(ErrorBody.word)
        inferenceTime = value["metrics"]?["inference_time"]?.doubleValue.flatMap { $0 >= 0 ? $0 : nil }
    }
}
