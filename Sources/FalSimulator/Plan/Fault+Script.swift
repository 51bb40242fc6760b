import JSON

extension Fault {
    /// `{"on": "status", "nth": 2, "count": 1 | "all", …effect}`
    ///
    /// Effects: `"delay"` in seconds; `"status"`, `"body"`, `"content_type"`, `"headers"` in place of
    /// the true answer, or `"answer"` for a well-known one; `"merge"` and `"remove"` on the true
    /// answer's JSON; `"transport"`; `"accepts": true` for a submit that fails and leaves a job.
    init(script: JSONValue, path: String) throws(ScriptError) {
        self = try ScriptReader.read(script, path: path) { (reader) throws(ScriptError) in
            let routes: KeyValuePairs<String, Route> = [
                "submit": .submit, "status": .status, "stream": .stream, "result": .result, "cancel": .cancel,
                "image": .image, "run": .run,
            ]
            guard let route = try reader.word("on", routes) else { throw reader.error("on", "is missing") }
            var fault = Fault(route: route)
            if let answer = try reader.word("answer", Self.answers) { fault.take(answer) }
            fault.first = max(1, try reader.count("nth") ?? 1)
            fault.count = try Self.count(&reader)
            fault.delay = try reader.duration("delay") ?? .zero
            fault.status = try reader.count("status") ?? fault.status
            fault.body = reader.take("body").map(Body.init) ?? fault.body
            fault.contentType = try reader.text("content_type") ?? fault.contentType
            for (name, value) in try reader.object("headers")?.members ?? [] {
                fault.fields.append(.init(name: name, value: value.stringValue ?? value.description))
            }
            fault.merge = try reader.object("merge") ?? fault.merge
            fault.remove = try reader.strings("remove") ?? fault.remove
            fault.acceptance = try reader.flag("accepts") == true ? .accepted : .refused
            fault.transport = try Transport(&reader)
            if let status = fault.status, !(200...599).contains(status) {
                throw reader.error("status", "expected 200 to 599")
            }
            return fault
        }
    }

    private static func count(_ reader: inout ScriptReader) throws(ScriptError) -> Int? {
        guard let value = reader.take("count") else { return 1 }
        if value.stringValue == "all" { return nil }
        guard let count = value.intValue, count > 0 else {
            throw reader.error("count", "expected a whole number from 1, or all")
        }
        return count
    }

    private mutating func take(_ answer: Answer) {
        status = answer.status
        body = answer.body
        contentType = answer.contentType
    }

    private struct Answer {
        var status: Int
        var body: Body
        var contentType: String?

        static func detail(_ status: Int, _ text: String) -> Answer {
            Answer(status: status, body: .json(["detail": .string(text)]))
        }

        /// As the proxy before fal's queue answers: no `x-fal-request-id`, no JSON.
        static func nginx(_ status: Int, _ words: String) -> Answer {
            let line = "<center><h1>\(status) \(words)</h1></center>\r\n<hr><center>nginx</center>"
            return Answer(
                status: status, body: .text("<html>\r\n<body>\r\n\(line)\r\n</body>\r\n</html>\r\n"),
                contentType: "text/html")
        }
    }

    /// Answers with a name, as fal gives them.
    private static let answers: KeyValuePairs<String, Answer> = [
        "not_found": Answer(status: 404, body: .json(["status": "NOT_FOUND"])),
        "still_in_progress": .detail(400, "Request is still in progress"),
        "unauthorized": .detail(401, "No user found for Key ID and Secret"),
        "locked": .detail(
            403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."),
        "queue_full": .detail(429, "Queue is full"),
        "concurrent_requests_limit": Answer(
            status: 429,
            body: .json(["detail": "Concurrent requests limit reached", "error_type": "concurrent_requests_limit"])),
        "internal_error": .detail(500, "Internal Server Error"),
        "nginx_502": .nginx(502, "Bad Gateway"),
        "nginx_503": .nginx(503, "Service Temporarily Unavailable"),
        "nginx_504": .nginx(504, "Gateway Time-out"),
    ]
}

extension Fault.Transport {
    /// `"hang"`, `"drop"`, `{"truncate": bytes}`, `{"stall": bytes, "seconds": 1}`,
    /// `{"pieces": bytes, "seconds": 0.01}`
    fileprivate init?(_ reader: inout ScriptReader) throws(ScriptError) {
        guard let value = reader.take("transport") else { return nil }
        if let word = value.stringValue {
            guard let transport = ["hang": Self.hang, "drop": .drop][word] else {
                throw reader.error("transport", "expected hang, drop or an object")
            }
            self = transport
            return
        }
        self = try ScriptReader.read(value, path: "\(reader.path).transport") { (way) throws(ScriptError) in
            if let bytes = try way.count("truncate") { return .truncate(after: bytes) }
            let pause = try way.duration("seconds") ?? .zero
            if let bytes = try way.count("stall") { return .stall(after: bytes, for: pause) }
            if let bytes = try way.count("pieces") { return .pieces(of: max(1, bytes), every: pause) }
            throw way.error("truncate", "expected truncate, stall or pieces")
        }
    }
}
