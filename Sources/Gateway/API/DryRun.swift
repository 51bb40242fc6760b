import Fal
import HTTP
import JSON
import Money

extension Worker {
    /// Tells what a request would become, and what it could cost at most. Nothing is sent to fal,
    /// and nothing is written into the ledger.
    @inline(never)
    func dryRun(_ order: ImageOrder, _ arrival: Arrival) -> Reply {
        let (plan, record) = (order.plan, arrival.record)
        var body: JSONObject = [
            "object": "falgate.dry_run",
            "request_id": .string(record.id.text),
            "model": .string(order.model),
            "deployment_id": .string(order.deployment.id),
            "endpoint": .string(plan.endpoint.id),
            "response_format": .string(order.delivery.rawValue),
            "images": .integer(plan.imageCount),
        ]
        body["size"] = plan.sizeNote.map(JSONValue.string) ?? .null
        body["dropped_params"] = .array(plan.dropped.map { .string($0.name) })
        body["calls"] = .array(plan.calls.map { .object(order.deployment.description(of: $0)) })
        body["maximum_cost"] = plan.maximumCost.map(JSONValue.dollars) ?? .null
        var response = Response.json(body)
        record.describe(in: &response.fields)
        core.log.write(record, status: response.status, error: nil)
        return .now(response)
    }
}

extension Deployment {
    fileprivate func description(of call: FalCall) -> JSONObject {
        var input = JSONObject()
        for (name, value) in call.input.members { input[name] = value.withShortDataURIs }
        var description: JSONObject = ["input": .object(input), "images": .integer(call.imageCount)]
        description["maximum_cost"] = price.maximumCost(of: call).map(JSONValue.dollars) ?? .null
        return description
    }
}

extension JSONValue {
    /// An amount as a JSON number, exact to the nano-dollar.
    static func dollars(_ amount: Nanodollars) -> JSONValue {
        JSONNumber(lexeme: amount.dollars).map(JSONValue.number) ?? .null
    }

    /// Images that are part of the input are told by their beginning and their length.
    fileprivate var withShortDataURIs: JSONValue {
        switch self {
        case .string(let text) where text.utf8.count > 256 && text.hasPrefix("data:"):
            .string("\(text.prefix(40))... (\(text.utf8.count) characters)")
        case .array(let values): .array(values.map(\.withShortDataURIs))
        default: self
        }
    }
}
