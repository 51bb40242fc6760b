import Fal
import HTTP
import JSON
import Ledger
import Money
import OpenAI

extension RequestRecord {
    /// Bytes. Names, tags and end user beyond this are cut: they are labels, not documents.
    private static let longestLabel = 256
    private static let mostTags = 32

    /// Takes over the model's name, as soon as it is legible.
    func note(model name: String?) {
        model = name.map(RequestRecord.label)
    }

    /// Takes over what the caller said about himself.
    func note(_ wanted: ImageRequest, _ head: RequestHead) {
        imagesAsked = wanted.count
        let user = wanted.user ?? head.fields.first("x-litellm-end-user-id") ?? head.fields.first("x-litellm-customer-id")
        endUser = user.map(RequestRecord.label)
        let listed = wanted.gatewayFields["tags"] ?? wanted.gatewayFields["metadata"]?["tags"]
        let named = listed?.arrayValue?.compactMap(\.stringValue) ?? []
        let header = head.fields.first("x-litellm-tags")?.split(separator: ",").map(RequestRecord.trimmed) ?? []
        tags = (named + header).prefix(RequestRecord.mostTags).map(RequestRecord.label)
    }

    /// Cut between two Unicode scalars; a character may have any number of them.
    private static func label(_ text: String) -> String {
        guard text.utf8.count > longestLabel else { return text }
        let end = text.utf8.index(text.startIndex, offsetBy: longestLabel)
        return String(text.unicodeScalars[..<end])
    }

    /// Without the blanks around it, as LiteLLM takes the tags of its header.
    private static func trimmed(_ tag: Substring) -> String {
        let start = tag.drop { $0 == " " }
        return String(start.prefix(upTo: start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex))
    }

    /// fal's own facts about the images, which OpenAI's fields have no place for.
    var facts: JSONObject { facts(of: outcomes) }

    /// The same of some of the calls.
    func facts(of outcomes: [CallOutcome]) -> JSONObject {
        var images: [JSONValue] = []
        var unsafe: [JSONValue] = []
        var seed: JSONNumber?
        var timings: JSONObject?
        for output in outcomes.lazy.compactMap(\.output) {
            for image in output.images { images.append(.object(RequestRecord.facts(of: image))) }
            for flag in output.unsafeContent ?? [] { unsafe.append(.bool(flag)) }
            seed = seed ?? output.seed
            timings = timings ?? output.timings
        }
        var facts = JSONObject()
        facts.append("request_id", .string(id.text))
        facts.append("fal_request_ids", .array(outcomes.compactMap { $0.receipt.map { .string($0.requestID) } }))
        facts.append("images", .array(images))
        if let seed { facts.append("seed", .number(seed)) }
        if let timings { facts.append("timings", .object(timings)) }
        if !unsafe.isEmpty { facts.append("has_nsfw_concepts", .array(unsafe)) }
        facts.append("response_cost", .dollars(RequestRecord.cost(of: outcomes)))
        return facts
    }

    private static func facts(of image: FalOutput.Image) -> JSONObject {
        var facts = JSONObject()
        if let size = image.size {
            facts.append("width", .integer(size.width))
            facts.append("height", .integer(size.height))
        }
        if let type = image.contentType { facts.append("content_type", .string(type)) }
        return facts
    }

    /// Puts what operators and SDK wrappers read into the headers of the answer: LiteLLM's names,
    /// and ours where it has none.
    func describe(in fields: inout Fields) { describe(in: &fields, of: outcomes) }

    /// - Parameter outcomes: the calls that the answer tells of: none of them to who does not wait for their end.
    func describe(in fields: inout Fields, of outcomes: [CallOutcome]) {
        let total = total
        fields.reserve(24, bytes: 1024)
        fields.append("x-falgate-request-id", id.text)
        fields.append("x-request-id", id.text)
        fields.append("x-litellm-call-id", callID ?? id.text)
        fields.append("x-litellm-version", GatewayVersion.number)
        describeCost(of: outcomes, in: &fields)
        fields.append("x-litellm-response-duration-ms", total.milliseconds)
        fields.append("x-litellm-overhead-duration-ms", overhead(of: total, outcomes).milliseconds)
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
        let partial = partialSuccess(of: outcomes)
        if !partial.isEmpty { fields.append("x-falgate-partial", partial) }
    }

    /// What it did cost; before anything has run, what it can cost at most.
    private func describeCost(of outcomes: [CallOutcome], in fields: inout Fields) {
        if outcomes.isEmpty, let most = plan?.maximumCost {
            fields.set("x-litellm-response-cost", most.dollars)
            fields.append("x-falgate-cost-basis", "maximum")
        } else {
            fields.set("x-litellm-response-cost", RequestRecord.cost(of: outcomes).dollars)
            fields.append("x-falgate-cost-basis", RequestRecord.basis(of: outcomes).rawValue)
        }
    }

    /// What is missing from an answer that has images; empty when nothing is.
    private func partialSuccess(of all: [CallOutcome]) -> String {
        let images = RequestRecord.imageCount(of: all)
        guard images > 0 else { return "" }
        let outcomes = all.filter { !$0.isSuperseded }
        let failures = outcomes.compactMap(\.error)
        var parts: [String] = []
        if let first = failures.first {
            parts.append("\(failures.count) of \(outcomes.count) jobs failed: \(first.code)")
        }
        if let first = losses.first {
            let made = images + all.reduce(0) { $0 + ($1.output?.unreadable ?? 0) }
            parts.append("\(losses.count) of \(made) images not delivered as asked: \(first.code)")
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
