import JSON

/// A job that ends with an error: what its result answers, and what its status tells of it.
struct Failure: Sendable, Equatable {
    /// The forms in which fal's models describe what is wrong with an input.
    enum Form: Sendable { case list, pydantic1, text }

    var status: Int
    var body: Fault.Body
    var contentType: String?
    var fields: [Fault.Field] = []
    /// `error` and `error_type` beside COMPLETED.
    var message: String
    var errorType: String?
    /// The status does not tell of it: COMPLETED, and only the result is an error.
    var isSilent = false
    /// What fal bills although it failed.
    var units = Units.zero

    /// Of fal's platform: `detail` is a text, and the type is told by header as well.
    static func platform(_ type: String, status: Int) -> Failure {
        let text = type.replacing("_", with: " ")
        let retry = status >= 500 ? "1" : "0"
        return Failure(
            status: status,
            body: .json(["detail": .string("Simulated: \(text)"), "error_type": .string(type)]),
            fields: [.init(name: "X-Fal-Error-Type", value: type), .init(name: "X-Fal-Needs-Retry", value: retry)],
            message: "Simulated: \(text)",
            errorType: type)
    }

    /// Of the model: `detail` is a list of what is wrong.
    static func model(_ type: String, status: Int, entries: [JSONValue], form: Form = .list) -> Failure {
        let detail: JSONValue =
            switch form {
            case .list: .array(entries)
            case .pydantic1: .array(entries.map(Self.inPydantic1))
            case .text: entries.first?["msg"] ?? "Unprocessable"
            }
        return Failure(
            status: status, body: .json(["detail": detail]),
            message: "Invalid status code: \(status)", errorType: type)
    }

    /// The failure that fal has this name for.
    ///
    /// - Parameter count: entries in `detail`, for those of a model.
    static func named(_ type: String, count: Int = 1, form: Form = .list) -> Failure {
        if let status = platformTypes[type] { return platform(type, status: status) }
        let (status, context) = modelTypes[type] ?? (422, [:])
        let first = entry(type, at: ["body", "prompt"], message: "Simulated: \(type)", context: context)
        let rest = (1..<max(1, count)).map { number in
            entry("value_error", at: ["body", .string("field_\(number)")], message: "Simulated: value error")
        }
        var failure = model(type, status: status, entries: [first] + rest, form: form)
        // The model did its work before it found nothing to deliver.
        if type == "no_media_generated" { failure.units = Units(1) }
        return failure
    }

    /// One element of `detail`.
    static func entry(
        _ type: String, at location: [JSONValue], message: String,
        context: JSONObject = JSONObject(), input: JSONValue? = nil
    ) -> JSONValue {
        var entry: JSONObject = [
            "loc": .array(location), "msg": .string(message), "type": .string(type),
            "url": .string("https://docs.fal.ai/errors/#\(type)"),
        ]
        if !context.isEmpty { entry["ctx"] = .object(context) }
        if let input { entry["input"] = input }
        return .object(entry)
    }

    private static func inPydantic1(_ entry: JSONValue) -> JSONValue {
        let type = entry["type"]?.stringValue ?? "value_error"
        return ["loc": entry["loc"] ?? [], "msg": entry["msg"] ?? "", "type": .string("value_error.\(type)")]
    }

    static let platformTypes: [String: Int] = [
        "request_timeout": 504, "startup_timeout": 504,
        "runner_scheduling_failure": 503, "runner_connection_timeout": 503,
        "runner_connection_refused": 503, "runner_connection_error": 503, "runner_disconnected": 503,
        "runner_incomplete_response": 502, "runner_server_error": 500,
        "client_disconnected": 499, "client_cancelled": 499,
        "bad_request": 400, "internal_error": 500,
    ]

    private static let modelTypes: [String: (status: Int, context: JSONObject)] = [
        "internal_server_error": (500, [:]),
        "generation_timeout": (504, [:]),
        "downstream_service_error": (400, [:]),
        "downstream_service_unavailable": (500, [:]),
        "image_too_small": (422, ["min_height": 256, "min_width": 256]),
        "image_too_large": (422, ["max_height": 4096, "max_width": 4096]),
        "file_too_large": (422, ["max_size": 10_485_760]),
        "greater_than": (422, ["gt": 0]),
        "greater_than_equal": (422, ["ge": 1]),
        "less_than": (422, ["lt": 5]),
        "less_than_equal": (422, ["le": 4]),
        "multiple_of": (422, ["multiple_of": 16]),
        "sequence_too_short": (422, ["min_length": 1]),
        "sequence_too_long": (422, ["max_length": 10]),
        "one_of": (422, ["expected": ["jpeg", "png"]]),
        "unsupported_image_format": (422, ["supported_formats": ["jpeg", "png", "webp"]]),
    ]
}
