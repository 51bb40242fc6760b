import JSON

extension PlannedOutcome {
    /// `"ok"`, `"black"`, or an object:
    ///
    ///     {"error": "request_timeout"}
    ///     {"error": "content_policy_violation", "entries": 3, "form": "list" | "pydantic1" | "text"}
    ///     {"status": 500, "body": …, "content_type": "text/html", "headers": {…},
    ///      "message": "…", "error_type": "…" | null}
    ///
    /// each with `"units"`, what is billed all the same, and `"silent": true`, when the status is
    /// not to tell of it.
    init?(_ reader: inout ScriptReader) throws(ScriptError) {
        guard let value = reader.take("outcome") else { return nil }
        let path = "\(reader.path).outcome"
        switch value.stringValue {
        case "ok": self = .delivery
        case "black": self = .black
        case .some: throw ScriptError(path: path, problem: "expected ok, black or an object")
        case nil: self = .failure(try ScriptReader.read(value, path: path, Self.failure))
        }
    }

    private static func failure(_ reader: inout ScriptReader) throws(ScriptError) -> Failure {
        var failure: Failure
        if let name = try reader.text("error") {
            let count = try reader.count("entries") ?? 1
            let form: Failure.Form =
                try reader.word("form", ["list": .list, "pydantic1": .pydantic1, "text": .text]) ?? .list
            failure = Failure.named(name, count: count, form: form)
        } else {
            failure = Failure(status: 500, body: .json(["detail": "Simulated"]), message: "Simulated")
        }
        failure.status = try reader.count("status") ?? failure.status
        failure.body = reader.take("body").map(Fault.Body.init) ?? failure.body
        failure.contentType = try reader.text("content_type")
        failure.message = try reader.text("message") ?? failure.message
        failure.errorType = try reader.text("error_type") ?? failure.errorType
        for (name, value) in try reader.object("headers")?.members ?? [] {
            failure.fields.append(.init(name: name, value: value.stringValue ?? value.description))
        }
        if let text = try reader.decimal("units") { failure.units = Units(decimal: text) ?? failure.units }
        failure.isSilent = try reader.flag("silent") ?? false
        guard (200...599).contains(failure.status) else { throw reader.error("status", "expected 200 to 599") }
        return failure
    }
}

extension Fault.Body {
    /// A string is sent as it is, anything else as JSON.
    init(_ value: JSONValue) {
        self = value.stringValue.map(Fault.Body.text) ?? .json(value)
    }
}
