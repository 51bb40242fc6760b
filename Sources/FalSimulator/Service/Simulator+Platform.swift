import HTTP
import JSON

/// What fal publishes about its endpoints: their OpenAPI documents, for anybody, and their prices,
/// for callers with a key.
extension Simulator {
    /// Endpoints that one question for prices may name, and prices in one answer.
    private static let pricesPerPage = 50

    /// `GET /api/openapi/queue/openapi.json?endpoint_id=…`
    func document(_ request: Request, _ record: Int) -> Response {
        if request.head.fields.contains("Authorization") {
            violations.append(
                Violation(
                    kind: "authorization_at_documents",
                    detail: "\(request.head.method.name) \(request.head.target)", record: record))
        }
        guard let id = request.head.queryValue("endpoint_id"), let document = OpenAPIDocument(endpoint: id) else {
            return Answer.detail(404, "Endpoint not found").response
        }
        return Answer(200, document.json()).response
    }

    /// `GET /v1/models/pricing?endpoint_id=a&endpoint_id=b&limit=…&cursor=…`
    func prices(_ request: Request) -> Response {
        let caller = accounts.caller(request.head.fields)
        if let refusal = accounts.refusal(of: caller, application: "platform") { return withID(refusal).response }
        let ids = request.head.query.filter { $0.name == "endpoint_id" }.map(\.value)
        guard ids.count <= Self.pricesPerPage else {
            return withID(.detail(422, "endpoint_id: at most \(Self.pricesPerPage) values")).response
        }
        if let unknown = ids.first(where: { EndpointModel.table[$0] == nil }) {
            return withID(.detail(404, "Endpoint not found: \(unknown)")).response
        }
        let wanted = ids.isEmpty ? EndpointModel.table.keys.sorted() : ids
        let rows = wanted.compactMap { id in EndpointModel.table[id]?.price.map { (id, $0) } }
        let limit = request.head.queryValue("limit").flatMap(Int.init) ?? Self.pricesPerPage
        let start = min(max(0, request.head.queryValue("cursor").flatMap(Int.init) ?? 0), rows.count)
        let end = min(rows.count, start + max(1, min(limit, Self.pricesPerPage)))
        let prices = rows[start..<end].map { id, price -> JSONValue in
            [
                "endpoint_id": .string(id),
                "unit_price": JSONNumber(lexeme: price.dollars).map(JSONValue.number) ?? 0,
                "unit": .string(EndpointModel.table[id]?.unit.rawValue ?? "images"), "currency": "USD",
            ]
        }
        let hasMore = end < rows.count
        return withID(
            Answer(
                200,
                [
                    "prices": .array(prices), "next_cursor": hasMore ? .string(String(end)) : .null,
                    "has_more": .bool(hasMore),
                ])
        ).response
    }
}
