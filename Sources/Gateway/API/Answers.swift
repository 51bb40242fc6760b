import Fal
import HTTP
import JSON
import OpenAI

extension Response {
    /// A JSON answer.
    static func json(_ body: [UInt8], status: Int = 200) -> Response {
        Response(status: status, contentType: "application/json", content: body)
    }

    static func json(_ object: JSONObject, status: Int = 200) -> Response {
        json(object.serialized(), status: status)
    }

    /// An error in OpenAI's envelope, with what tells an SDK whether to try again.
    ///
    /// - Parameter members: stand beside `error`.
    static func failure(_ error: GatewayError, adding members: JSONObject = [:]) -> Response {
        var envelope = ErrorEnvelope(error).json
        for (name, value) in members.members { envelope[name] = value }
        var response = Response.json(envelope, status: error.status)
        // What has cost something says so in its record, over this.
        response.fields.append("x-litellm-response-cost", "0")
        // Messages quote what the caller sent: no browser is to take one for a page.
        response.fields.append("x-content-type-options", "nosniff")
        response.fields.append("x-should-retry", error.kind.shouldRetry ? "true" : "false")
        if let seconds = error.retryAfter { response.fields.append("retry-after", String(seconds)) }
        if let methods = error.allowedMethods { response.fields.append("allow", methods.joined(separator: ", ")) }
        return response
    }
}

extension ErrorEnvelope {
    init(_ error: GatewayError) {
        self.init(
            message: error.message, type: error.kind.type, param: error.param, code: error.code,
            requestID: error.requestID)
    }
}
