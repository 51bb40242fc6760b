import Fal
import HTTP
import JSON
import Ledger
import Money
import OpenAI

extension RequestRecord {
    /// Tags and end user beyond this are cut: they are labels, not documents.
    private static let longestLabel = 256
    private static let mostTags = 32

    /// Takes over the model's name, as soon as it is legible.
    mutating func note(model name: String?) {
        model = name.map { String($0.prefix(RequestRecord.longestLabel)) }
    }

    /// Takes over what the caller said about himself.
    mutating func note(_ wanted: ImageRequest, _ head: RequestHead) {
        imagesAsked = wanted.count
        let user = wanted.user ?? head.fields.first("x-litellm-end-user-id") ?? head.fields.first("x-litellm-customer-id")
        endUser = user.map { String($0.prefix(RequestRecord.longestLabel)) }
        let listed = wanted.gatewayFields["tags"] ?? wanted.gatewayFields["metadata"]?["tags"]
        let named = listed?.arrayValue?.compactMap(\.stringValue) ?? []
        let header = head.fields.first("x-litellm-tags")?.split(separator: ",").map { $0.filter { $0 != " " } } ?? []
        tags = (named + header).prefix(RequestRecord.mostTags).map { String($0.prefix(RequestRecord.longestLabel)) }
    }

    /// fal's own facts about the images, which OpenAI's fields have no place for.
    var facts: JSONObject { facts(of: outcomes) }

    /// The same of some of the calls.
    func facts(of outcomes: [CallOutcome]) -> JSONObject {
        var facts: JSONObject = ["request_id": .string(id.text)]
        facts["fal_request_ids"] = .array(outcomes.compactMap { $0.receipt.map { .string($0.requestID) } })
        let outputs = outcomes.compactMap(\.output)
        facts["images"] = .array(
            outputs.flatMap(\.images).map { image in
                var entry = JSONObject()
                entry["width"] = image.size.map { .integer($0.width) }
                entry["height"] = image.size.map { .integer($0.height) }
                entry["content_type"] = image.contentType.map(JSONValue.string)
                return .object(entry)
            })
        facts["seed"] = outputs.compactMap(\.seed).first.map(JSONValue.number)
        facts["timings"] = outputs.compactMap(\.timings).first.map(JSONValue.object)
        let unsafe = outputs.flatMap { $0.unsafeContent ?? [] }
        if !unsafe.isEmpty { facts["has_nsfw_concepts"] = .array(unsafe.map(JSONValue.bool)) }
        facts["response_cost"] = .dollars(RequestRecord.cost(of: outcomes))
        return facts
    }

    /// Puts what operators and SDK wrappers read into the headers of the answer: LiteLLM's names,
    /// and ours where it has none.
    func describe(in fields: inout Fields) {
        let total = total
        fields.reserve(24, bytes: 1024)
        fields.append("x-falgate-request-id", id.text)
        fields.append("x-request-id", id.text)
        fields.append("x-litellm-call-id", id.text)
        fields.append("x-litellm-version", GatewayVersion.number)
        describeCost(in: &fields)
        fields.append("x-litellm-response-duration-ms", total.milliseconds)
        fields.append("x-litellm-overhead-duration-ms", overhead(of: total).milliseconds)
        if let deployment {
            fields.append("x-litellm-model-id", deployment.id)
            fields.append("x-litellm-model-api-base", deployment.upstream.base.description)
        }
        if let model { fields.append("x-litellm-model-group", model) }
        fields.append("x-litellm-attempted-retries", String(retries))
        fields.append("x-litellm-attempted-fallbacks", String(fallbacks))
        for outcome in outcomes {
            if let receipt = outcome.receipt { fields.append("x-fal-request-id", receipt.requestID) }
        }
        if let note = plan?.sizeNote { fields.append("x-falgate-size", note) }
        if let dropped = plan?.dropped, !dropped.isEmpty {
            fields.append("x-falgate-dropped-params", dropped.map(\.name).joined(separator: ", "))
        }
        let partial = partialSuccess
        if !partial.isEmpty { fields.append("x-falgate-partial", partial) }
    }

    /// What it did cost; before anything has run, what it can cost at most.
    private func describeCost(in fields: inout Fields) {
        if outcomes.isEmpty, let most = plan?.maximumCost {
            fields.set("x-litellm-response-cost", most.dollars)
            fields.append("x-falgate-cost-basis", "maximum")
        } else {
            fields.set("x-litellm-response-cost", cost.dollars)
            fields.append("x-falgate-cost-basis", basis.rawValue)
        }
    }

    /// What is missing from an answer that has images; empty when nothing is.
    private var partialSuccess: String {
        guard !images.isEmpty else { return "" }
        let outcomes = outcomes.filter { !$0.isSuperseded }
        let failures = outcomes.compactMap(\.error)
        var parts: [String] = []
        if let first = failures.first {
            parts.append("\(failures.count) of \(outcomes.count) jobs failed: \(first.code)")
        }
        if let first = losses.first {
            parts.append("\(losses.count) of \(images.count) images not delivered as asked: \(first.code)")
        }
        return parts.joined(separator: "; ")
    }
}

extension Duration {
    /// Milliseconds with three decimals, as LiteLLM writes them.
    fileprivate var milliseconds: String {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        let fraction = String(microseconds % 1_000 + 1_000).dropFirst()
        return "\(microseconds / 1_000).\(fraction)"
    }
}
