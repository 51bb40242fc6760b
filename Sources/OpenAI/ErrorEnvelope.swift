package import JSON

/// OpenAI's error body: `{"error":{"message","type","param","code"}}`, nulls written out.
package struct ErrorEnvelope: Sendable, Equatable {
    package var message: String
    /// `invalid_request_error`, `authentication_error`, ...
    package var type: String
    /// The field of the request that is meant.
    package var param: String?
    package var code: String?
    /// falgate's own: the request whose answer can still be fetched. Left out when `nil`.
    package var requestID: String?

    package init(
        message: String, type: String, param: String? = nil, code: String? = nil, requestID: String? = nil
    ) {
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.requestID = requestID
    }

    package init(_ problem: RequestProblem) {
        self.init(
            message: problem.message, type: "invalid_request_error", param: problem.param, code: problem.code.rawValue)
    }

    package var json: JSONObject {
        var error: JSONObject = [
            "message": .string(message), "type": .string(type),
            "param": param.map(JSONValue.string) ?? .null, "code": code.map(JSONValue.string) ?? .null,
        ]
        error["request_id"] = requestID.map(JSONValue.string)
        return ["error": .object(error)]
    }

    package func serialized() -> [UInt8] {
        json.serialized()
    }
}
