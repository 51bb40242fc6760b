import JSON

/// How a job's webhook is delivered, where its submit asked for one.
struct WebhookPlan: Sendable, Equatable {
    enum Signature: Sendable {
        case valid
        /// Of the right form, over another message.
        case wrong
        /// Made with a key that is not published.
        case unknownKey
        case missing
    }

    var signature = Signature.valid
    /// Added to the time of the signature, in seconds: -600 is a delivery of ten minutes ago.
    var timestampOffset = 0
    /// How often a delivery that was accepted is made; 0 is a webhook that never comes.
    var deliveries = 1
    /// Between the job's end and the first delivery.
    var delay = Duration.zero
    /// `"payload": null` and a `payload_error`, as when fal cannot put a payload into JSON.
    var isPayloadLost = false
    /// Pauses before further attempts at a delivery that was not answered with 2xx.
    var retries = WebhookPlan.documentedRetries
    /// For the answer of the first attempt; each further one has the longer time of a retry.
    var timeout: Duration = .seconds(15)
    /// fal gives each retry two minutes.
    static let retryTimeout: Duration = .seconds(120)

    /// Ten retries within two hours, as fal documents; each pause is twice the one before.
    static let documentedRetries: [Duration] = (0..<10).map { .seconds(7 << $0) }
}

extension WebhookPlan {
    /// `{"signature": "valid" | "wrong" | "unknown_key" | "missing", "timestamp": -600, "deliveries": 2,
    /// "delay": 0.2, "payload": "lost", "retries": [0.1, 0.2], "timeout": 1}`
    init(_ reader: inout ScriptReader) throws(ScriptError) {
        self.init()
        signature =
            try reader.word(
                "signature", ["valid": .valid, "wrong": .wrong, "unknown_key": .unknownKey, "missing": .missing])
            ?? signature
        if let value = reader.take("timestamp") {
            guard let offset = value.intValue, abs(offset) <= 1_000_000_000 else {
                throw reader.error("timestamp", "expected whole seconds, as -600")
            }
            timestampOffset = offset
        }
        deliveries = try reader.count("deliveries") ?? deliveries
        delay = try reader.duration("delay") ?? delay
        isPayloadLost = try reader.word("payload", ["whole": false, "lost": true]) ?? isPayloadLost
        timeout = try reader.duration("timeout") ?? timeout
        guard let list = reader.take("retries") else { return }
        guard let pauses = list.arrayValue else { throw reader.error("retries", "expected a list of seconds") }
        retries = []
        for (index, pause) in pauses.enumerated() {
            retries.append(try ScriptReader.duration(pause, path: "\(reader.path).retries[\(index)]"))
        }
    }
}
