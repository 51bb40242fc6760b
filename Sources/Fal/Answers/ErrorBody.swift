import JSON

/// The body of an answer that is no success, in whichever of fal's shapes.
///
/// Nothing here can fail: an error about an error helps nobody. What is not understood is quoted.
struct ErrorBody: Equatable {
    /// The machine's word, `error_type` or that of the first detail.
    var type: String?
    var message: String?
    /// The parameter the first detail is about.
    var parameter: String?
    /// `NOT_FOUND`, `ALREADY_COMPLETED`: what the queue itself answers.
    var queueStatus: String?
    /// Every detail after the first, and an excerpt of what is not JSON.
    var rest = ""
    var isJSON = true

    /// Longest text taken over. A stack trace is of no use to a caller.
    static let longestText = 1_000
    /// Longest word taken over: it goes into headers. fal's own have forty characters at most.
    static let longestWord = 100
    /// Longest body that is looked into.
    private static let longestBody = 256 * 1024

    init(_ body: [UInt8]) {
        guard body.count <= Self.longestBody, let value = try? JSON.parse(body, duplicateKeys: .keepLast) else {
            isJSON = false
            rest = body.isEmpty ? "empty body" : "body: \(Self.line(String(decoding: body.prefix(400), as: UTF8.self)))"
            return
        }
        if let text = value.stringValue {
            message = Self.line(text)
            return
        }
        type = value["error_type"]?.stringValue.map(Self.word)
        queueStatus = value["status"]?.stringValue
        read(detail: value["detail"])
        if message == nil { message = Self.text(in: value["error"]) ?? Self.text(in: value["message"]) }
        if message == nil, queueStatus == nil { rest = "body: \(Self.line(value.description))" }
    }

    private mutating func read(detail: JSONValue?) {
        switch detail {
        case .string(let text): message = Self.line(text)
        case .array(let list): read(details: list.map(Detail.init))
        case .object: read(details: [Detail(detail ?? .null)])
        default: break
        }
    }

    private mutating func read(details: [Detail]) {
        // A refusal of the content outweighs a remark about a parameter beside it.
        let first = details.firstIndex { $0.type == "content_policy_violation" } ?? details.startIndex
        guard details.indices.contains(first) else { return }
        type = details[first].type ?? type
        message = details[first].message
        parameter = details[first].parameter
        rest = details.enumerated().filter { $0.offset != first }.map(\.element.summary).joined(separator: "; ")
    }

    private static func text(in value: JSONValue?) -> String? {
        (value?.stringValue ?? value?["message"]?.stringValue).map(line)
    }

    /// One line without control characters, bounded.
    static func line(_ text: String) -> String { line(text, atMost: longestText) }

    /// The same of what is no text but a name.
    static func word(_ text: String) -> String { line(text, atMost: longestWord) }

    private static func line(_ text: String, atMost length: Int) -> String {
        let scalars = text.unicodeScalars.lazy.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars.prefix(length))
        return String(line)
    }
}

/// One entry of a `detail` list.
private struct Detail {
    let type: String?
    let message: String?
    let parameter: String?

    init(_ value: JSONValue) {
        if let text = value.stringValue {
            type = nil
            message = ErrorBody.line(text)
            parameter = nil
            return
        }
        type = value["type"]?.stringValue.map(ErrorBody.word)
        message = (value["msg"]?.stringValue ?? value["message"]?.stringValue).map(ErrorBody.line)
        parameter = Self.parameter(value["loc"]?.arrayValue ?? [])
    }

    var summary: String {
        [parameter, message, type.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
    }

    /// `["body", "image_size", "width"]` is the parameter `image_size.width`.
    private static func parameter(_ location: [JSONValue]) -> String? {
        var parts = location.compactMap { $0.stringValue ?? $0.intValue.map(String.init) }
        if let first = parts.first, ["body", "query", "path", "header"].contains(first) { parts.removeFirst() }
        parts.removeAll { $0 == "__root__" }
        return parts.isEmpty ? nil : ErrorBody.line(parts.joined(separator: "."))
    }
}
