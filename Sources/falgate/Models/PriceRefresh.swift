import Fal
import Gateway
import HTTP
import JSON
import Ledger
import Money

/// `falgate models refresh-prices`.
struct PriceRefresh {
    /// Pages of one answer. fal gives fifty prices a page to at most fifty endpoints.
    private static let mostPages = 10

    let book: ModelBook

    init(_ book: ModelBook) { self.book = book }

    /// Asks fal for the prices of the endpoints, keeps and shows them.
    ///
    /// - Parameter names: endpoints or models; without any, those of the configuration, or all that
    ///   are known where there is none.
    func run(_ names: [String], _ arguments: Arguments) throws {
        let endpoints = try names.isEmpty ? usual() : names.map(book.endpoint)
        guard let key = key() else {
            throw StartFailure("fal tells prices to holders of a key only: set FAL_KEY, or an api_key in the configuration")
        }
        let store = try book.store()
        var prices: [ListedPrice] = []
        var rest = endpoints[...]
        while !rest.isEmpty {
            prices += try self.prices(of: Array(rest.prefix(PriceQuestion.endpointsAtOnce)), key)
            rest = rest.dropFirst(PriceQuestion.endpointsAtOnce)
        }
        guard !prices.isEmpty else { throw StartFailure("fal's price list has none of these endpoints") }
        try store.store(prices.map(LearnedPriceRow.init))
        show(prices, arguments)
        let missing = endpoints.map(\.id).filter { id in !prices.contains { $0.endpoint == id } }
        if !missing.isEmpty { complain("not in fal's price list: \(missing.joined(separator: ", "))") }
        ModelBook.note(store)
    }

    private func usual() throws -> [Endpoint] {
        guard let routing = try book.routing() else { return try book.catalog.ids.map { try Endpoint($0) } }
        var endpoints: [Endpoint] = []
        for deployment in routing.listedNames.flatMap(routing.group) where !endpoints.contains(deployment.endpoint) {
            endpoints.append(deployment.endpoint)
        }
        return endpoints
    }

    private func key() -> FalKey? {
        let environment = Environment.variables
        let texts = (book.configuration?.models.flatMap { $0.falKeys.map { $0.reveal() } } ?? [])
            + [environment["FAL_AI_API_KEY"], environment["FAL_KEY"]].compactMap { $0 }
        return texts.lazy.compactMap { FalKey($0) }.first
    }

    /// fal answers 404 for all when it does not know one: then each is asked for alone.
    private func prices(of endpoints: [Endpoint], _ key: FalKey) throws -> [ListedPrice] {
        do {
            return try pages(about: endpoints, key)
        } catch PricingFailure.unknownEndpoint {
            guard endpoints.count > 1 else { return [] }
            return try endpoints.flatMap { try prices(of: [$0], key) }
        }
    }

    private func pages(about endpoints: [Endpoint], _ key: FalKey) throws -> [ListedPrice] {
        let base = book.configuration?.priceBase ?? PriceQuestion.usualBase
        let question = try PriceQuestion(about: endpoints, base: base, key: key)
        var prices: [ListedPrice] = []
        var cursor: String?
        for _ in 0..<Self.mostPages {
            let answer: ClientResponse
            do {
                answer = try OneRequest.send(question.request(cursor: cursor))
            } catch {
                throw PricingFailure.notFetched("\(error)")
            }
            let list = try PriceQuestion.prices(in: answer, on: Timestamp.now.day)
            prices += list.prices
            cursor = list.nextCursor
            if cursor == nil { break }
        }
        return prices
    }

    private func show(_ prices: [ListedPrice], _ arguments: Arguments) {
        guard !arguments.has("json") else {
            let rows = prices.map { price -> JSONValue in
                [
                    "endpoint": .string(price.endpoint), "unit": .string(price.unit),
                    "unit_price": .string(price.unitPrice.dollars), "currency": "USD",
                ]
            }
            output(JSONValue.array(rows).description + "\n")
            return
        }
        let rows = prices.map { [$0.endpoint, $0.unit, "$\($0.unitPrice.dollars)"] }
        output(Table(columns: ["endpoint", "unit", "price"], rows: rows).text)
    }
}
