import JSON

/// Where a submit wants its job's end to be told.
struct Callback: Sendable, Equatable {
    let address: String
    /// Scheme and host for addresses in the payload: as the submit reached the simulator.
    let origin: String
}

/// Every attempt at a delivery.
struct WebhookLog: Sendable {
    struct Attempt: Sendable {
        let requestID: String
        let address: String
        /// Which delivery of the job, and which attempt at it, from 1.
        let delivery: Int
        let attempt: Int
        /// Nanoseconds since 1970.
        let time: UInt64
        /// The answer's status; nil where there was none.
        var status: Int?
        /// Why there was none.
        var failure: String?
        /// Up to `WebhookLog.bodyBytes`.
        let body: [UInt8]
    }

    /// The last so many. A payload without pictures in it has a kilobyte; of larger ones the beginning
    /// is kept.
    static let kept = 10_000
    static let bodyBytes = 16 * 1024


    private(set) var attempts = Ring<Attempt>(capacity: WebhookLog.kept)
    /// Jobs that are not over and have a callback: time goes on for them although nobody looks.
    var pending = 0

    mutating func add(_ attempt: Attempt) { attempts.append(attempt) }
}

extension WebhookLog.Attempt {
    var json: JSONObject {
        var object: JSONObject = [
            "request_id": .string(requestID), "url": .string(address), "delivery": .integer(delivery),
            "attempt": .integer(attempt), "unix": JSONNumber(Double(time / 1000) / 1e6).map(JSONValue.number) ?? .null,
        ]
        object["status"] = status.map { .integer($0) }
        object["failure"] = failure.map(JSONValue.string)
        object["body"] = (try? JSON.parse(body, duplicateKeys: .keepLast)) ?? .string(String(decoding: body, as: UTF8.self))
        return object
    }
}
