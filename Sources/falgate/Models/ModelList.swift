import Fal
import Gateway
import JSON
import Money

/// `falgate models list` and `show`.
struct ModelList {
    let book: ModelBook
    private let deployments: [(name: String, deployment: Deployment)]

    init(_ book: ModelBook) throws {
        self.book = book
        let routing = try book.routing()
        deployments = routing.map { routing in
            routing.listedNames.flatMap { name in routing.deployments(for: name).oncePerEntry.map { (name, $0) } }
        } ?? []
    }

    /// Every endpoint that is known or configured, with the names it has in the configuration.
    func show(_ arguments: Arguments) throws {
        var endpoints = book.catalog.ids
        for (_, deployment) in deployments where !endpoints.contains(deployment.endpoint.id) {
            endpoints.append(deployment.endpoint.id)
        }
        let rows = try endpoints.map { id in
            let named = deployments.filter { $0.deployment.endpoint.id == id }
            let profile = try named.first?.deployment.profile ?? book.catalog.profile(for: Endpoint(id))
            return Row(
                endpoint: id, origin: profile.origin.name, names: named.map(\.name),
                price: named.first?.deployment.price ?? profile.price)
        }
        guard !arguments.has("json") else {
            output(JSONValue.array(rows.map(\.json)).description + "\n")
            return
        }
        output(Table(columns: ["endpoint", "known from", "price", "models"], rows: rows.map(\.cells)).text)
    }

    /// All that is known of one model.
    func show(_ name: String, _ arguments: Arguments) throws {
        let found = try book.routing()?.deployments(for: name).oncePerEntry ?? []
        var shown = found.map { described($0.profile, $0.price, $0.endpoint) }
        if shown.isEmpty {
            let profile = book.catalog.profile(for: try book.endpoint(name))
            shown = [described(profile, profile.price, profile.endpoint)]
        }
        for description in shown { ModelList.show(description, arguments) }
    }

    private func described(_ profile: EndpointProfile, _ price: Price, _ endpoint: Endpoint) -> JSONObject {
        var description = profile.described(price: price)
        description["endpoint"] = .string(endpoint.id)
        return description
    }

    /// JSON in one line, or a line for each member.
    static func show(_ description: JSONObject, _ arguments: Arguments) {
        guard !arguments.has("json") else {
            output(JSONValue.object(description).description + "\n")
            return
        }
        let width = description.keys.map(\.count).max() ?? 0
        for (key, value) in description.members where !value.isNull && value != [] && value != [:] {
            let text = value.stringValue ?? value.description
            output(key + String(repeating: " ", count: width - key.count) + "  \(text)\n")
        }
    }

    private struct Row {
        let endpoint: String
        let origin: String
        let names: [String]
        let price: Price

        var cells: [String] { [endpoint, origin, price.summary, names.joined(separator: ", ")] }
        var json: JSONValue {
            [
                "endpoint": .string(endpoint), "profile": .string(origin), "price": .object(price.described),
                "models": .array(names.map(JSONValue.string)),
            ]
        }
    }
}

extension Price {
    /// In a few words, for a column.
    fileprivate var summary: String {
        switch rule {
        case .unknown: billableUnit.map { "$\($0.dollars) a unit" } ?? "unknown"
        case .perImage(let price): "$\(price.dollars) an image"
        case .perMegapixel(let first, _): "$\(first.dollars) a megapixel"
        case .perPixel(let price): "$\(price.dollars) a pixel"
        case .table(let table): "by \(table.parameter)"
        }
    }
}
