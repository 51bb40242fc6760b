import JSON

/// What fal tells at the end of a job, once per delivery.
///
/// An object, because every call that waits for it has room for it.
package final class FalWebhook: Sendable, Equatable {
    /// How the job ended.
    package indirect enum End: Sendable, Equatable {
        /// The model's output as JSON, the same that the result's address answers: for
        /// `FalOutput(body:)`. What the job costs is not told here, only with the result.
        case delivered(payload: [UInt8])
        /// It ended well, and what it brought has to be fetched: fal could not put it into JSON
        /// (`payload_error`), or it is too large to be kept here.
        case deliveredElsewhere(reason: String)
        /// What the model said. The result's address says the same, and whether it was billed.
        case failed(FalFailure)
    }

    /// Of the job, as the answer to the submit named it.
    package let requestID: String
    /// Of the last attempt, where fal tried several times.
    package let gatewayRequestID: String?
    /// The account at fal that the job was run for. Webhooks of any account are signed by the same
    /// keys: that a job is ours is known from its request id alone.
    package let userID: String
    package let end: End
    /// fal's own measurement of the work in seconds, where the model tells it.
    package let inferenceTime: Double?

    /// Longest output that is carried. Without pictures in it one has a few kilobytes; those with
    /// pictures are fetched, so that ten thousand who wait do not hold them.
    static let longestPayload = 256 * 1024

    package init(
        requestID: String, gatewayRequestID: String? = nil, userID: String = "", end: End, inferenceTime: Double? = nil
    ) {
        self.requestID = requestID
        self.gatewayRequestID = gatewayRequestID
        self.userID = userID
        self.end = end
        self.inferenceTime = inferenceTime
    }

    package static func == (one: FalWebhook, other: FalWebhook) -> Bool {
        one.requestID == other.requestID && one.gatewayRequestID == other.gatewayRequestID && one.userID == other.userID
            && one.end == other.end && one.inferenceTime == other.inferenceTime
    }

    /// Reads the body, whose signature has been verified.
    ///
    /// - Throws: `.unreadable`.
    init(_ signed: SignedWebhook) throws(WebhookRefusal) {
        let document = InlineImages.detached(from: signed.body)
        guard let value = try? JSON.parse(document.text, duplicateKeys: .keepLast) else { throw .unreadable("not JSON") }
        guard let requestID = value["request_id"]?.stringValue, !requestID.isEmpty,
            requestID.utf8.count <= SubmittedJob.longestRequestID
        else { throw .unreadable("it names no request") }
        self.requestID = requestID
        gatewayRequestID = value["gateway_request_id"]?.stringValue.map(ErrorBody.line)
        userID = signed.userID
        inferenceTime = value["payload"]?["timings"]?["inference"]?.doubleValue.flatMap { $0 >= 0 ? $0 : nil }
        switch value["status"]?.stringValue {
        case "OK": end = Self.delivery(value, isWhole: document.images.isEmpty)
        case "ERROR": end = .failed(Self.failure(value, of: requestID))
        default: throw .unreadable("its status is neither OK nor ERROR")
        }
    }

    private static func delivery(_ value: JSONValue, isWhole: Bool) -> End {
        guard let payload = value["payload"], !payload.isNull else {
            return .deliveredElsewhere(reason: ErrorBody.line(value["payload_error"]?.stringValue ?? "no payload"))
        }
        guard isWhole else { return .deliveredElsewhere(reason: "pictures in the payload") }
        let bytes = payload.serialized()
        return bytes.count <= longestPayload ? .delivered(payload: bytes) : .deliveredElsewhere(reason: "a large payload")
    }

    /// `"error": "Invalid status code: 422"` beside the body of that answer as the payload.
    private static func failure(_ value: JSONValue, of requestID: String) -> FalFailure {
        let text = value["error"]?.stringValue.map(ErrorBody.line)
        let status = text.flatMap(Self.status)
        let payload = value["payload"].flatMap { $0.isNull ? nil : $0 }
        let body = payload.map { Array($0.serialized().prefix(Self.longestPayload)) } ?? []
        var failure = FalFailure(Answer(status: status ?? 500, body: body), at: .result, requestID: requestID)
        if status == nil {
            // Whether trying again could help, or was paid, is not told.
            failure.status = nil
            failure.resubmission = .never
        }
        let told = ErrorBody(body)
        if told.message == nil, let text = text ?? value["payload_error"]?.stringValue { failure.message = ErrorBody.line(text) }
        return failure
    }

    private static func status(in text: String) -> Int? {
        guard let digits = text.split(separator: " ").last, digits.utf8.count == 3, let status = Int(digits),
            (400...599).contains(status)
        else { return nil }
        return status
    }
}
