import JSON

extension Plan {
    /// Reads `{"rules": [...]}`, one rule, or a list of rules.
    static func rules(from script: JSONValue) throws(ScriptError) -> [Rule] {
        if let list = script.arrayValue { return try rules(list, path: "rules") }
        guard let list = script["rules"] else { return [try Rule(script: script, path: "rule")] }
        return try ScriptReader.read(script, path: "script") { (reader) throws(ScriptError) in
            guard let elements = list.arrayValue else { throw reader.error("rules", "expected a list") }
            _ = reader.take("rules")
            return try rules(elements, path: "rules")
        }
    }

    private static func rules(_ list: [JSONValue], path: String) throws(ScriptError) -> [Rule] {
        var rules: [Rule] = []
        for (index, element) in list.enumerated() {
            rules.append(try Rule(script: element, path: "\(path)[\(index)]"))
        }
        return rules
    }
}

extension Rule {
    /// `{"match": {"endpoint", "prompt", "key"}, "times": 2, …behaviour}`
    init(script: JSONValue, path: String) throws(ScriptError) {
        self = try ScriptReader.read(script, path: path) { (reader) throws(ScriptError) in
            let match = try reader.nested("match") { (match) throws(ScriptError) in
                (try match.text("endpoint"), try match.text("prompt"), try match.text("key"))
            }
            let rule = Rule(
                endpoint: match?.0 == "*" ? nil : match?.0, prompt: match?.1, key: match?.2,
                times: try reader.count("times"), behaviour: Shared(try Behaviour(&reader)))
            return rule
        }
    }
}

extension Behaviour {
    /// Takes the members that describe a behaviour out of `reader`.
    fileprivate init(_ reader: inout ScriptReader) throws(ScriptError) {
        self.init()
        queue = try StayPlan(&reader, "queue") ?? queue
        run = try StayPlan(&reader, "run") ?? run
        position = try reader.count("position") ?? position
        requeues = try reader.count("requeue") ?? requeues
        outcome = try PlannedOutcome(&reader) ?? outcome
        try reader.nested("output") { (output) throws(ScriptError) in self.output = try OutputPlan(&output) }
        try reader.nested("billing") { (billing) throws(ScriptError) in self.billing = try BillingPlan(&billing) }
        try reader.nested("cancel") { (cancel) throws(ScriptError) in
            cancellation = try CancellationPlan(&cancel)
        }
        identity = try IdentityPlan(&reader) ?? identity
        addresses = try AddressPlan(&reader) ?? addresses
        application =
            try reader.word(
                "application",
                ["known": .known, "missing": .missing, "no_such_path": .withoutPath, "private": .private])
            ?? application
        validation = try reader.word("validation", ["model": .byModel, "off": .off]) ?? validation
        try reader.nested("webhook") { (webhook) throws(ScriptError) in self.webhook = try WebhookPlan(&webhook) }
        guard let list = reader.take("faults") else { return }
        guard let elements = list.arrayValue else { throw reader.error("faults", "expected a list") }
        for (index, element) in elements.enumerated() {
            faults.append(try Fault(script: element, path: "\(reader.path).faults[\(index)]"))
        }
    }
}

extension StayPlan {
    /// `0.5`, `{"seconds": [1, 2]}`, `{"polls": 3}`, `"hold"` or `"usual"`.
    fileprivate init?(_ reader: inout ScriptReader, _ key: String) throws(ScriptError) {
        guard let value = reader.take(key) else { return nil }
        let path = "\(reader.path).\(key)"
        if let word = value.stringValue {
            guard let plan = ["hold": StayPlan.held, "usual": .usual][word] else {
                throw ScriptError(path: path, problem: "expected seconds, hold or usual")
            }
            self = plan
        } else if value.objectValue != nil {
            self = try ScriptReader.read(value, path: path) { (stay) throws(ScriptError) in
                if let polls = try stay.count("polls") { return .polls(polls) }
                guard let range = stay.take("seconds")?.arrayValue, range.count == 2 else {
                    throw stay.error("seconds", "expected [least, most], or polls")
                }
                let least = try ScriptReader.duration(range[0], path: "\(path).seconds[0]")
                let most = try ScriptReader.duration(range[1], path: "\(path).seconds[1]")
                return .time(min(least, most)...max(least, most))
            }
        } else {
            let duration = try ScriptReader.duration(value, path: path)
            self = .time(duration...duration)
        }
    }
}

extension OutputPlan {
    fileprivate init(_ reader: inout ScriptReader) throws(ScriptError) {
        self.init()
        images = try reader.count("images")
        width = try reader.count("width").map { max(1, $0) }
        height = try reader.count("height").map { max(1, $0) }
        format = try reader.word("format", ["png": .png, "jpeg": .jpeg, "webp": .webp, "svg": .svg])
        padding = try reader.count("padding") ?? 0
        syncMode =
            try reader.word("sync_mode", ["honoured": .honoured, "ignored": .ignored, "forced": .forced]) ?? syncMode
        contentType = try reader.text("content_type")
        imageOrigin = try reader.text("image_origin")
        merge = try reader.object("merge") ?? merge
        remove = try reader.strings("remove") ?? remove
    }
}

extension BillingPlan {
    fileprivate init(_ reader: inout ScriptReader) throws(ScriptError) {
        self.init()
        if let text = try reader.decimal("units") {
            guard let units = Units(decimal: text) else {
                throw reader.error("units", "expected a decimal with at most six places")
            }
            self.units = units
        }
        guard let text = try reader.decimal("header") else { return }
        header = ["as_billed": .asBilled, "missing": .missing][text] ?? .value(text)
    }
}

extension CancellationPlan {
    fileprivate init(_ reader: inout ScriptReader) throws(ScriptError) {
        self.init()
        queued = try reader.word("queued", ["removed": .removed, "completed": .completed]) ?? queued
        running = try reader.word("running", ["goes_on": .goesOn, "stops": .stops]) ?? running
        answer = try reader.word("answer", ["accepted": .accepted, "ok": .ok, "success": .success]) ?? answer
    }
}

extension IdentityPlan {
    /// `"uuid7"`, `"uuid4"`, `"long"`, `"unusual"`, `"duplicate"` or `{"exactly": "…"}`.
    fileprivate init?(_ reader: inout ScriptReader) throws(ScriptError) {
        guard let value = reader.take("request_id") else { return nil }
        let plans: [String: IdentityPlan] = [
            "uuid7": .uuid7, "uuid4": .uuid4, "long": .long, "unusual": .unusual, "duplicate": .duplicate,
        ]
        if let exact = value["exactly"]?.stringValue, !exact.isEmpty {
            self = .exactly(exact)
        } else if let plan = value.stringValue.flatMap({ plans[$0] }) {
            self = plan
        } else {
            throw reader.error("request_id", #"expected \#(plans.keys.sorted()) or {"exactly": "…"}"#)
        }
    }
}

extension AddressPlan {
    /// `"short"`, `"full"`, `"response"`, `"relative"`, `"missing"`, `"null"` or `{"origin": "http://…"}`.
    fileprivate init?(_ reader: inout ScriptReader) throws(ScriptError) {
        guard let value = reader.take("urls") else { return nil }
        let plans: [String: AddressPlan] = [
            "short": .short, "full": .full, "response": .response, "relative": .relative,
            "missing": .missing, "null": .null,
        ]
        if let origin = value["origin"]?.stringValue {
            self = .foreign(origin: origin)
        } else if let plan = value.stringValue.flatMap({ plans[$0] }) {
            self = plan
        } else {
            throw reader.error("urls", #"expected \#(plans.keys.sorted()) or {"origin": "http://…"}"#)
        }
    }
}
