import JSON

/// Why a request body cannot be served, in words for the person who sent it: which field, what
/// came, what is allowed. Always answered with status 400.
package struct RequestProblem: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case missing = "missing_required_parameter"
        case wrongType = "invalid_type"
        case invalidValue = "invalid_value"
        case tooLong = "string_above_max_length"
        case tooSmall = "integer_below_min_value"
        case tooLarge = "integer_above_max_value"
        case notAllowed = "parameter_not_allowed"
    }

    package let message: String
    /// The field; `nil` when the body as a whole is meant.
    package let param: String?
    package let code: Code

    package init(_ message: String, param: String?, code: Code) {
        self.message = message
        self.param = param
        self.code = code
    }
}

extension RequestProblem {
    static func bodyIsNoObject(_ body: JSONValue) -> RequestProblem {
        RequestProblem(
            "The body must be a JSON object such as {\"prompt\": \"a red fox\"}, not \(body.kind).",
            param: nil, code: .wrongType)
    }

    static func missing(_ field: String, allowed: String) -> RequestProblem {
        RequestProblem("'\(field)' is required: \(allowed).", param: field, code: .missing)
    }

    static func wrongType(_ field: String, _ value: JSONValue, allowed: String) -> RequestProblem {
        RequestProblem("'\(field)' must be \(allowed), not \(value.kind).", param: field, code: .wrongType)
    }

    static func refused(
        _ field: String, _ value: JSONValue, allowed: String, code: Code = .invalidValue
    ) -> RequestProblem {
        RequestProblem("'\(field)' must be \(allowed); got \(value.excerpt).", param: field, code: code)
    }

    static func notAllowed(_ field: String) -> RequestProblem {
        let name = String(field.prefix(excerptLength))
        return RequestProblem(
            "'\(name)' is not allowed in a request: it is set by the gateway's configuration.",
            param: name, code: .notAllowed)
    }

    static let twoMasks = RequestProblem(
        "'mask' was sent twice; one mask is allowed.", param: "mask", code: .invalidValue)

    static func unreadableName(_ field: String) -> RequestProblem {
        RequestProblem(
            "The name of a field must not contain control characters; got \(JSONValue.string(field).excerpt).",
            param: String(field.prefix(excerptLength)), code: .invalidValue)
    }

    /// Characters of a stranger's text that a message repeats.
    fileprivate static let excerptLength = 40
}

extension JSONValue {
    /// The value for a message, however long a stranger made it.
    fileprivate var excerpt: String {
        let limit = RequestProblem.excerptLength
        switch self {
        case .string(let text):
            let scalars = text.unicodeScalars
            guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
                end < scalars.endIndex
            else { return description }
            return JSONValue.string(String(scalars[..<end]) + "…").description
        case .number(let number):
            return number.lexeme.utf8.count <= limit ? number.lexeme : number.lexeme.prefix(limit) + "…"
        case .null, .bool: return description
        case .array, .object: return kind
        }
    }
}
